//! Blocks: sound ones, and such with one thing wrong.

use super::rule::{argument_path, constraint, rule_of};
use super::{Choices, ISSUER, NOW_S, TOOLS, public_key};
use crate::reference::cbor::Tree;
use crate::reference::chain::issuer_id;

/// The fields of a block, in the order in which they will stand.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    entries: Vec<(Tree, Tree)>,
    holder_seed: u8,
    /// Bytes instead of all that.
    raw: Option<Vec<u8>>,
}

impl Fields {
    /// A root that grants everything for 900 seconds.
    pub(super) fn plain_root() -> Self {
        let entries = vec![
            (0, Tree::Uint(1)),
            (1, Tree::Bytes(issuer_id(&public_key(ISSUER)).to_vec())),
            (2, Tree::Bytes(vec![7; 12])),
            (3, Tree::Uint(NOW_S)),
            (4, Tree::Uint(900)),
            (6, Tree::Bytes(public_key(10).to_vec())),
            (7, Tree::text("agent-0")),
            (9, Tree::List(vec![Tree::text("**")])),
        ];
        Self {
            entries: entries
                .into_iter()
                .map(|(key, value)| (Tree::Uint(key), value))
                .collect(),
            holder_seed: 10,
            raw: None,
        }
    }

    /// A block at its place in a chain that is so long.
    pub(super) fn of(at: usize, length: usize, bears: bool, choices: &mut Choices<'_>) -> Self {
        let place = u8::try_from(at).unwrap_or(0);
        let mut fields = Self::plain_root();
        if at > 0 {
            (0..10).for_each(|key| fields.remove(key));
        }
        // Now and then the same agent or key twice in a chain.
        fields.holder_seed = 10 + if choices.one_in(10) { 0 } else { place };
        let agent = if choices.one_in(10) { 0 } else { place };
        fields.set(6, Tree::Bytes(public_key(fields.holder_seed).to_vec()));
        fields.set(7, Tree::text(&format!("agent-{agent}")));
        let following = u64::try_from(length - 1 - at).unwrap_or(0);
        if at == 0 {
            fields.set_times(choices);
            if bears && !choices.one_in(8) {
                fields.set(4, Tree::Uint(*choices.pick(&[900, 3_600])));
                fields.set(8, Tree::List(vec![Tree::text("shop")]));
            }
            fields.set(9, grants(choices));
            if following > 0 {
                let permitted = if choices.one_in(12) {
                    following - 1
                } else {
                    following
                };
                fields.set(11, Tree::Uint(*choices.pick(&[permitted, permitted, 255])));
            }
        } else {
            if choices.one_in(3) {
                fields.set(
                    4,
                    Tree::Uint(*choices.pick(&[600, 900, 60, 100_000, 601, 600, 3_600, 1])),
                );
            }
            if choices.one_in(3) {
                fields.set(9, grants(choices));
            }
            if choices.one_in(4) {
                fields.set(
                    11,
                    Tree::Uint(*choices.pick(&[following, following + 1, 200])),
                );
            }
        }
        fields.set_limits(choices);
        if bears != choices.one_in(16) {
            fields.set(15, Tree::Bool(true));
        }
        fields
    }

    fn set_times(&mut self, choices: &mut Choices<'_>) {
        self.set(
            4,
            Tree::Uint(*choices.pick(&[900, 900, 3_600, 86_400, 3_601, 900, 60])),
        );
        if choices.one_in(8) {
            let issued_at = NOW_S.saturating_add_signed(*choices.pick(&[60, 61, -60, -900, 59]));
            self.set(3, Tree::Uint(issued_at));
        }
        if choices.one_in(64) {
            self.set(3, Tree::Uint(choices.u64()));
        }
    }

    /// What any block may add.
    fn set_limits(&mut self, choices: &mut Choices<'_>) {
        if choices.one_in(6) {
            self.set(5, Tree::Uint(*choices.pick(&[0, 0, 0, 60, 599, 600])));
        }
        if choices.one_in(4) {
            let audiences = ["shop", "bank", "https://shop.example:8443"];
            let mut list = vec![Tree::text(choices.word(&["shop", "shop", "shop", "bank"]))];
            list.extend((0..choices.below(3)).map(|_| Tree::text(choices.word(&audiences))));
            self.set(8, Tree::List(list));
        }
        if choices.one_in(2) {
            self.set(10, several(choices, 3, constraint));
        }
        if choices.one_in(4) {
            self.set(12, several(choices, 3, budget));
        }
        if choices.one_in(5) {
            self.set(13, several(choices, 3, approval));
        }
        if choices.one_in(8) {
            self.set(14, Tree::Bool(true));
        }
    }

    pub(super) fn set(&mut self, key: u64, value: Tree) {
        self.remove(key);
        let is_later = |(other, _): &(Tree, Tree)| other.as_uint().is_ok_and(|other| other > key);
        let at = self
            .entries
            .iter()
            .position(is_later)
            .unwrap_or(self.entries.len());
        self.entries.insert(at, (Tree::Uint(key), value));
    }

    fn remove(&mut self, key: u64) {
        self.entries.retain(|(other, _)| *other != Tree::Uint(key));
    }

    /// Makes one thing wrong, or something that only looks so.
    pub(super) fn spoil(&mut self, choices: &mut Choices<'_>) {
        let at = choices.below(self.entries.len());
        match choices.below(8) {
            0 | 1 => {
                let value = odd_value(choices);
                if let Some(entry) = self.entries.get_mut(at) {
                    entry.1 = value;
                }
            }
            2 => drop(self.entries.remove(at)),
            3 => {
                let key = u64::try_from(choices.below(18)).unwrap_or(0);
                self.set(key, odd_value(choices));
            }
            4 => self.entries.reverse(),
            5 => {
                let twice = self.entries.get(at).cloned();
                self.entries.splice(at..at, twice);
            }
            6 => self.raw = Some(self.padded(at)),
            _ => self.set(6, Tree::Bytes(choices.pick(&ODD_KEYS).to_vec())),
        }
    }

    /// The block with one value whose head is longer than it needs to be.
    fn padded(&self, at: usize) -> Vec<u8> {
        let mut bytes = vec![0xa0 | u8::try_from(self.entries.len()).unwrap_or(0)];
        for (place, (key, value)) in self.entries.iter().enumerate() {
            bytes.extend(key.encoded());
            let value = value.encoded();
            match value.split_first() {
                Some((head, rest)) if place == at && head & 0x1f < 24 => {
                    bytes.extend([head & 0xe0 | 24, head & 0x1f]);
                    bytes.extend(rest);
                }
                _ => bytes.extend(value),
            }
        }
        bytes
    }

    pub(super) const fn holder_seed(&self) -> u8 {
        self.holder_seed
    }

    pub(super) fn tree(&self) -> Tree {
        if let Some(raw) = &self.raw {
            return Tree::Raw(raw.clone());
        }
        // Written here and not by the tree, which would put it in order.
        let count = u8::try_from(self.entries.len()).unwrap_or(0);
        let mut bytes = if count < 24 {
            vec![0xa0 | count]
        } else {
            vec![0xb8, count]
        };
        for (key, value) in &self.entries {
            bytes.extend(key.encoded());
            bytes.extend(value.encoded());
        }
        Tree::Raw(bytes)
    }
}

/// Keys that are none: of small order, no point, a second spelling, and one that is sound but nobody's.
const ODD_KEYS: [[u8; 32]; 5] = {
    let mut one = [0; 32];
    one[0] = 1;
    let mut no_point = [0; 32];
    no_point[0] = 2;
    let mut spelled_twice = [0xff; 32];
    spelled_twice[0] = 0xf0;
    spelled_twice[31] = 0x7f;
    let mut base = [0x66; 32];
    base[0] = 0x58;
    [one, [0; 32], no_point, spelled_twice, base]
};

fn odd_value(choices: &mut Choices<'_>) -> Tree {
    match choices.below(16) {
        0 => Tree::Uint(0),
        1 => Tree::Uint(*choices.pick(&[1, 2, 255, 256, 1 << 32, 1 << 53, u64::MAX])),
        2 => Tree::Negative(*choices.pick(&[0, 1, u64::MAX])),
        3 => Tree::text(choices.word(&["", "a", "Bot", "-x", "write:refunds", "**", "a b", "é"])),
        4 => Tree::Bytes(vec![7; *choices.pick(&[8, 12, 32, 64, 0, 7])]),
        5 => Tree::List(Vec::new()),
        6 => Tree::List(vec![odd_value(choices)]),
        7 => Tree::List(vec![odd_value(choices), odd_value(choices)]),
        8 => Tree::Map(vec![(Tree::Uint(0), odd_value(choices))]),
        9 => Tree::Bool(choices.one_in(2)),
        10 => Tree::Null,
        11 => Tree::Tag(4, Box::new(odd_value(choices))),
        12 => Tree::Raw(
            choices
                .pick(&[[0x18, 0x05], [0x9f, 0xff], [0xbf, 0xff], [0x5f, 0xff]])
                .to_vec(),
        ),
        13 => Tree::Raw(
            choices
                .pick(&[[0xf9, 0x00, 0x00], [0xf8, 0x20, 0xf6], [0x62, 0xff, 0xfe]])
                .to_vec(),
        ),
        14 => Tree::List(vec![
            Tree::text("a:b");
            *choices.pick(&[16, 17, 64, 65, 200])
        ]),
        _ => Tree::List(vec![
            Tree::text(choices.word(&["a:b", "shop"])),
            Tree::text("x"),
        ]),
    }
}

fn several(choices: &mut Choices<'_>, max: usize, make: fn(&mut Choices<'_>) -> Tree) -> Tree {
    Tree::List((0..=choices.below(max)).map(|_| make(choices)).collect())
}

/// Most often a sound granted scope.
pub(super) fn pattern(choices: &mut Choices<'_>) -> String {
    let known = [
        "**",
        "write:**",
        "write:*",
        "*:refunds",
        "write:refunds",
        "write:re*",
        "read:**",
        "*:*:eu",
    ];
    if !choices.one_in(64) {
        return (*choices.pick(&known)).to_owned();
    }
    let segments = [
        "a", "*", "write", "refunds", "**", "re*", "", "w*r", "É", "2026",
    ];
    let count = choices.below(9);
    let segments: Vec<_> = (0..count).map(|_| *choices.pick(&segments)).collect();
    segments.join(":")
}

/// A scope for a rule: mostly one that covers the call.
fn grants(choices: &mut Choices<'_>) -> Tree {
    several(choices, 3, |choices| {
        let scope = Tree::text(&if choices.one_in(2) {
            pattern(choices)
        } else {
            "**".to_owned()
        });
        if !choices.one_in(4) {
            return scope;
        }
        let tools = (0..=choices.below(3)).map(|_| Tree::text(choices.word(&TOOLS)));
        Tree::List(std::iter::once(scope).chain(tools).collect())
    })
}

fn budget(choices: &mut Choices<'_>) -> Tree {
    let measure = match choices.below(8) {
        0 | 1 => Tree::Uint(0),
        2 => Tree::Uint(1),
        3 if choices.one_in(32) => Tree::Uint(*choices.pick(&[2, u64::MAX])),
        _ => argument_path(choices),
    };
    let is_odd = choices.one_in(64);
    let max = if is_odd {
        &[1 << 53, 0][..]
    } else {
        &[5_000, 1, 100, 10_000, 1 << 52, (1 << 53) - 1]
    };
    let mut parts = vec![measure, Tree::Uint(*choices.pick(max))];
    let is_odd = choices.one_in(64);
    let window = if is_odd {
        &[31 * 86_400 + 1, 0][..]
    } else {
        &[60, 3_600, 1, 31 * 86_400]
    };
    let window = Tree::Uint(*choices.pick(window));
    match choices.below(4) {
        0 => {}
        1 => parts.push(window),
        2 => parts.extend([window, Tree::text(&pattern(choices))]),
        _ => parts.extend([Tree::Null, Tree::text(&pattern(choices))]),
    }
    if choices.one_in(96) {
        parts.push(odd_value(choices));
    }
    Tree::List(parts)
}

fn approval(choices: &mut Choices<'_>) -> Tree {
    let scope = Tree::text(&pattern(choices));
    if choices.one_in(2) {
        return scope;
    }
    let path = argument_path(choices);
    let [kind, argument] = rule_of(choices, 1);
    Tree::List(vec![scope, path, kind, argument])
}
