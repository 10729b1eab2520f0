//! An inspection as people read it.
//!
//! Names, scopes and audiences have no hidden characters, by their grammar; values in constraints are JSON
//! with such characters escaped.

use agentsudo::Timestamp;

use super::effect::Effect;
use super::inspect::{Inspection, ShownBlock, ShownGrant, Verification};
use super::span;
use crate::term::{BAD, GOOD, QUIET, TITLE, WAITING, painted};

/// How many digits of a key or an id are shown: enough to tell them apart where nobody cheats.
const SHORT_CHARS: usize = 8;

/// The whole inspection.
pub(super) fn inspection(shown: &Inspection) -> String {
    let mut lines = Lines(String::new());
    let title = format!("token {}", short(&shown.id));
    let size = format!("{} bytes", shown.size_bytes);
    lines.push(&format!("{}, {size}", painted(TITLE, &title)));
    lines.push(&verification(&shown.verification));
    let mut before = None;
    for (at, block) in shown.blocks.iter().enumerate() {
        lines.push("");
        lines.block(at, block, before, shown.now);
        before = Some(block.agent.as_str());
    }
    lines.push("");
    lines.effect(&shown.in_effect, shown.now);
    lines.0
}

fn verification(verification: &Verification) -> String {
    match verification {
        Verification::NotVerified => format!(
            "{}: no issuer key given; anybody may have written this",
            painted(WAITING, "not verified")
        ),
        Verification::Valid => format!(
            "{}: signed by a trusted issuer, and in its time",
            painted(GOOD, "verified")
        ),
        Verification::OutOfTime { code, message } => format!(
            "{}: signed by a trusted issuer, but {message} ({code})",
            painted(BAD, "not valid")
        ),
        Verification::Refused { code, message } => {
            format!("{}: {message} ({code})", painted(BAD, "refused"))
        }
    }
}

fn short(hex: &str) -> String {
    hex.chars().take(SHORT_CHARS).collect()
}

struct Lines(String);

impl Lines {
    fn push(&mut self, line: &str) {
        self.0 += line;
        self.0 += "\n";
    }

    /// One label and its values, one a line.
    fn field(&mut self, label: &str, values: &[String]) {
        let mut label = format!("{label:<12}");
        for value in values {
            self.push(&format!("  {} {value}", painted(QUIET, &label)));
            label = " ".repeat(12);
        }
    }

    fn block(&mut self, at: usize, block: &ShownBlock, before: Option<&str>, now: Timestamp) {
        let made_by = match (&block.issuer_id, before) {
            (Some(issuer), _) => format!("root, by issuer {issuer}"),
            (None, before) => format!("delegation by {}", before.unwrap_or("nobody")),
        };
        self.push(&format!(
            "{}: {made_by}",
            painted(TITLE, &format!("block {at}"))
        ));
        let holder = format!("{} (key {})", block.agent, short(&block.holder_key));
        self.field("agent", &[holder]);
        self.times(
            &[
                ("issued", block.issued_at),
                ("valid from", block.valid_from),
                ("expires", block.expires_at),
            ],
            now,
        );
        if block.grants.is_empty() {
            self.field("grants", &["what the blocks before grant".to_owned()]);
        }
        self.field("grants", &grants(&block.grants));
        self.field("constraints", &block.constraints);
        self.field("budgets", &block.budgets);
        self.field("consent to", &block.consents);
        let uses = [
            (block.delegate_only, "to be delegated, and not used"),
            (block.bearer, "without a proof, where every block says so"),
        ];
        let uses = uses.into_iter().filter(|(is_said, _)| *is_said);
        self.field(
            "use",
            &uses.map(|(_, what)| what.to_owned()).collect::<Vec<_>>(),
        );
        let audiences = block.audiences.iter().map(ToString::to_string);
        self.field("audience", &audiences.collect::<Vec<_>>());
        let depth = match block.depth {
            Some(depth) => format!("{depth} may follow"),
            None if block.issuer_id.is_some() => "none may follow".to_owned(),
            None => return,
        };
        self.field("delegations", &[depth]);
    }

    fn effect(&mut self, effect: &Effect, now: Timestamp) {
        self.push(&painted(TITLE, "in effect"));
        self.field("agents", &[effect.agents.join(" > ")]);
        self.field("used by", &[used_by(effect)]);
        self.times(
            &[
                ("valid from", effect.valid_from),
                ("expires", effect.expires_at),
            ],
            now,
        );
        match &effect.grants {
            Some(list) if list.is_empty() => self.field("grants", &["nothing".to_owned()]),
            Some(list) => self.field("grants", &grants(list)),
            None => {
                let many = "too many to be listed: what every block above grants";
                self.field("grants", &[many.to_owned()]);
            }
        }
        self.field("constraints", &effect.constraints);
        let budgets = effect.budgets.iter();
        let budgets = budgets.map(|shown| format!("{} (block {})", shown.budget, shown.block));
        self.field("budgets", &budgets.collect::<Vec<_>>());
        let consents = effect.consents.iter();
        let consents = consents.map(|shown| format!("{} (block {})", shown.consent, shown.block));
        self.field("consent to", &consents.collect::<Vec<_>>());
        let audiences = match &effect.audiences {
            None => vec!["any".to_owned()],
            Some(list) if list.is_empty() => vec!["none".to_owned()],
            Some(list) => list.iter().map(ToString::to_string).collect(),
        };
        self.field("audience", &audiences);
        self.field(
            "delegations",
            &[format!("{} left", effect.delegations_left)],
        );
    }

    fn times(&mut self, times: &[(&str, Option<Timestamp>)], now: Timestamp) {
        for (label, time) in times {
            if let Some(time) = time {
                let shown = format!("{time} ({})", span::relative(*time, now));
                self.field(label, &[shown]);
            }
        }
    }
}

/// Who may use the token, and what of.
fn used_by(effect: &Effect) -> String {
    let last = effect.agents.last().map_or("nobody", String::as_str);
    if effect.delegate_only {
        return format!("nobody: {last} may only delegate it");
    }
    if effect.bearer {
        return "whoever shows it, without a proof".to_owned();
    }
    format!("{last}, with a proof of key {}", short(&effect.holder_key))
}

fn grants(grants: &[ShownGrant]) -> Vec<String> {
    let shown = grants.iter().map(|grant| {
        if grant.tools.is_empty() {
            grant.scope.clone()
        } else {
            format!("{} to {}", grant.scope, grant.tools.join(", "))
        }
    });
    shown.collect()
}
