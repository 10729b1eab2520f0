//! One block: which fields it has, and what each of them says.

use super::Code;
use super::cbor::{MALFORMED, NOT_CANONICAL, Tree};
use super::rule::{Constraint, Reading, Rule, SCOPE_UNSOUND, UNSOUND, read_path, read_pattern};
use super::scope::{is_audience, is_name, is_pattern};
use super::sound;

const BUDGET_UNSOUND: Code = "token.budget_unsound";
const NAME_UNSOUND: Code = "token.name_unsound";
/// The last second of the year 9999: no time is later.
pub(super) const LAST_SECOND: u64 = 253_402_300_799;
/// The keys are 0 to 15.
const MAX_FIELDS: usize = 16;

/// What one block says; what it does not say is `None` or empty.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    pub(super) version: Option<u64>,
    pub(super) issuer: Option<[u8; 8]>,
    pub(super) token_id: Option<[u8; 12]>,
    pub(super) issued_at: Option<u64>,
    pub(super) expires_after_s: Option<u64>,
    pub(super) valid_after_s: Option<u64>,
    pub(super) holder_key: Option<[u8; 32]>,
    pub(super) agent: Option<String>,
    pub(super) audiences: Vec<String>,
    pub(super) grants: Vec<Grant>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) depth: Option<u8>,
    pub(super) budgets: Vec<Budget>,
    pub(super) approvals: Vec<Approval>,
    pub(super) is_delegate_only: bool,
    pub(super) is_bearer: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) scope: String,
    /// Empty for any tool.
    pub(super) tools: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) enum Measure {
    Calls,
    ArgumentBytes,
    Amount(Vec<String>),
}

#[derive(Debug, Clone)]
pub(super) struct Budget {
    pub(super) measure: Measure,
    pub(super) max: u64,
    pub(super) window_s: Option<u64>,
    pub(super) on: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Approval {
    pub(super) scope: String,
    /// Where this holds, nobody is asked.
    pub(super) unless: Option<Constraint>,
}

impl Block {
    pub(super) fn read(tree: &Tree, is_root: bool, reading: &mut Reading) -> Result<Self, Code> {
        let mut block = Self::default();
        let mut last = None;
        for (key, value) in tree.as_map(MAX_FIELDS)? {
            let key = key.as_uint()?;
            if last.is_some_and(|last| key <= last) {
                return Err(NOT_CANONICAL);
            }
            last = Some(key);
            let has_a_place = if is_root {
                key <= 15
            } else {
                (4..=15).contains(&key)
            };
            if !has_a_place {
                return Err("token.unknown_field");
            }
            block.read_field(key, value, reading)?;
        }
        block.check_complete(is_root)?;
        if reading.is_irregular || !tree.is_regular() {
            Err(NOT_CANONICAL)
        } else {
            Ok(block)
        }
    }

    fn read_field(&mut self, key: u64, value: &Tree, reading: &mut Reading) -> Result<(), Code> {
        match key {
            0 => {
                let version = value.as_uint()?;
                if version != 1 {
                    return Err("token.unknown_version");
                }
                self.version = Some(version);
            }
            1 => self.issuer = Some(value.as_bytes()?),
            2 => self.token_id = Some(value.as_bytes()?),
            3 => {
                let issued_at = value.as_uint()?;
                if issued_at > LAST_SECOND {
                    return Err(MALFORMED);
                }
                self.issued_at = Some(issued_at);
            }
            4 => self.expires_after_s = Some(value.as_uint()?),
            5 => self.valid_after_s = Some(value.as_uint()?),
            6 => self.holder_key = Some(value.as_bytes()?),
            7 => self.agent = Some(named(value, is_name)?),
            8 => self.audiences = list(value, 16, |item| named(item, is_audience))?,
            9 => self.grants = list(value, 256, read_grant)?,
            10 => self.constraints = list(value, 64, |item| Constraint::read(item, reading))?,
            11 => self.depth = Some(value.as_number()?),
            12 => self.budgets = list(value, 16, |item| read_budget(item, reading))?,
            13 => self.approvals = list(value, 16, |item| read_approval(item, reading))?,
            14 => self.is_delegate_only = is_true(value)?,
            _ => self.is_bearer = is_true(value)?,
        }
        Ok(())
    }

    fn check_complete(&self, is_root: bool) -> Result<(), Code> {
        let of_root = self.version.is_some()
            && self.issuer.is_some()
            && self.token_id.is_some()
            && self.issued_at.is_some()
            && self.expires_after_s.is_some()
            && !self.grants.is_empty();
        let of_all = self.holder_key.is_some() && self.agent.is_some();
        if of_all && (of_root || !is_root) {
            Ok(())
        } else {
            Err("token.missing_field")
        }
    }
}

/// A list that is there has elements.
fn list<T>(
    tree: &Tree,
    max: usize,
    read: impl FnMut(&Tree) -> Result<T, Code>,
) -> Result<Vec<T>, Code> {
    let items = tree.as_list(max)?;
    if items.is_empty() {
        return Err(NOT_CANONICAL);
    }
    items.iter().map(read).collect()
}

fn named(tree: &Tree, is_sound: fn(&str) -> bool) -> Result<String, Code> {
    let text = tree.as_text()?;
    if is_sound(text) {
        Ok(text.to_owned())
    } else {
        Err(NAME_UNSOUND)
    }
}

fn is_true(tree: &Tree) -> Result<bool, Code> {
    match tree.plain() {
        Tree::Bool(true) => Ok(true),
        Tree::Bool(false) => Err(NOT_CANONICAL),
        _ => Err(MALFORMED),
    }
}

fn read_grant(tree: &Tree) -> Result<Grant, Code> {
    let (scope, tools) = match tree.plain() {
        Tree::Text(text) => (text.as_str(), [].as_slice()),
        _ => match tree.as_list(65)? {
            [] | [_] => return Err(NOT_CANONICAL),
            [scope, tools @ ..] => (scope.as_text()?, tools),
        },
    };
    if !is_pattern(scope) {
        return Err(SCOPE_UNSOUND);
    }
    let tools = tools.iter().map(|tool| named(tool, is_name));
    Ok(Grant {
        scope: scope.to_owned(),
        tools: tools.collect::<Result<_, _>>()?,
    })
}

fn read_budget(tree: &Tree, reading: &mut Reading) -> Result<Budget, Code> {
    let [measure, max, others @ ..] = tree.as_list(4)? else {
        return Err(MALFORMED);
    };
    let measure = match measure.plain() {
        Tree::Uint(0) => Measure::Calls,
        Tree::Uint(1) => Measure::ArgumentBytes,
        Tree::Uint(_) => return Err(BUDGET_UNSOUND),
        Tree::Text(_) | Tree::List(_) => Measure::Amount(read_path(measure, reading)?),
        _ => return Err(MALFORMED),
    };
    let max = max.as_uint()?;
    let (window, on) = match others {
        [] => (None, None),
        [window] => (Some(window.as_uint()?), None),
        [window, on, ..] => {
            let window = match window.plain() {
                Tree::Null => None,
                _ => Some(window.as_uint()?),
            };
            (window, Some(read_pattern(on)?))
        }
    };
    let is_window = |window: u64| (1..=31 * 86_400).contains(&window);
    if !(1..1 << 53).contains(&max) || !window.is_none_or(is_window) {
        return Err(BUDGET_UNSOUND);
    }
    Ok(Budget {
        measure,
        max,
        window_s: window,
        on,
    })
}

fn read_approval(tree: &Tree, reading: &mut Reading) -> Result<Approval, Code> {
    if let Tree::Text(_) = tree.plain() {
        return Ok(Approval {
            scope: read_pattern(tree)?,
            unless: None,
        });
    }
    let [scope, path, kind, argument] = tree.as_list(4)? else {
        return Err(MALFORMED);
    };
    let scope = read_pattern(scope)?;
    let path = read_path(path, reading)?;
    let rule = Rule::read(kind, argument, 1, reading)?;
    if !sound::is_sound(&rule) {
        return Err(UNSOUND);
    }
    let unless = Some(Constraint {
        path,
        rule,
        on: None,
    });
    Ok(Approval { scope, unless })
}
