//! CBOR as a plain tree: read whatever is there, write the one encoding that there should be.
//!
//! Reading goes on until something cannot be read, and marks the place: whoever walks the tree in its order
//! meets the fault where a decoder would. Nothing here knows what a token is.

use std::collections::BTreeMap;

use super::Code;

pub(super) const MALFORMED: Code = "token.malformed";
pub(super) const NOT_CANONICAL: Code = "token.not_canonical";

/// Nesting beyond this is in no token; the tree is read by recursion.
const MAX_DEPTH: usize = 64;
/// More than any list of a token may have: what is cut short is filled up to here.
const MAX_FILLED: u64 = 512;

/// One item of CBOR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// An integer that is not negative.
    Uint(u64),
    /// The integer -1 - n.
    Negative(u64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// A map, in the order in which it stands.
    Map(Vec<(Self, Self)>),
    /// A tag and what it tags.
    Tag(u64, Box<Self>),
    /// `false` or `true`.
    Bool(bool),
    /// `null`.
    Null,
    /// An item whose length or number is written longer than it needs to be.
    Padded(Box<Self>),
    /// A list without a length; what follows is not read.
    EndlessList,
    /// A map without a length; what follows is not read.
    EndlessMap,
    /// A text without a length; what follows is not read.
    EndlessText,
    /// Nothing that is read here, or the end of the input; what follows is not read.
    Broken,
    /// Bytes that are written as they are, to make what should not be.
    Raw(Vec<u8>),
}

impl Tree {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// An integer.
    #[must_use]
    pub const fn int(value: i64) -> Self {
        if value < 0 {
            Self::Negative(value.unsigned_abs() - 1)
        } else {
            Self::Uint(value.unsigned_abs())
        }
    }

    /// The deterministic encoding (RFC 8949, section 4.2.1), whatever the item was read from.
    #[must_use]
    pub fn encoded(&self) -> Vec<u8> {
        match self {
            Self::Uint(value) => head(0, *value),
            Self::Negative(value) => head(1, *value),
            Self::Bytes(bytes) => [head(2, length(bytes.len())), bytes.clone()].concat(),
            Self::Text(text) => [head(3, length(text.len())), text.clone().into_bytes()].concat(),
            Self::List(items) => {
                let items = items.iter().flat_map(Self::encoded);
                head(4, length(self.count()))
                    .into_iter()
                    .chain(items)
                    .collect()
            }
            Self::Map(entries) => {
                let sorted: BTreeMap<_, _> = entries
                    .iter()
                    .map(|(key, value)| (key.encoded(), value.encoded()))
                    .collect();
                let entries = sorted
                    .iter()
                    .flat_map(|(key, value)| [&key[..], &value[..]].concat());
                head(5, length(sorted.len()))
                    .into_iter()
                    .chain(entries)
                    .collect()
            }
            Self::Tag(tag, inner) => [head(6, *tag), inner.encoded()].concat(),
            Self::Bool(value) => vec![if *value { 0xf5 } else { 0xf4 }],
            Self::Null => vec![0xf6],
            Self::Padded(inner) => inner.encoded(),
            Self::EndlessList => vec![0x9f, 0xff],
            Self::EndlessMap => vec![0xbf, 0xff],
            Self::EndlessText => vec![0x7f, 0xff],
            Self::Broken => vec![0xff],
            Self::Raw(bytes) => bytes.clone(),
        }
    }

    /// Whether it stands as it would be written: shortest heads, and keys in their order, each once.
    pub(super) fn is_regular(&self) -> bool {
        match self {
            Self::Padded(_) => false,
            Self::List(items) => items.iter().all(Self::is_regular),
            Self::Map(entries) => {
                let keys: Vec<_> = entries.iter().map(|(key, _)| key.encoded()).collect();
                let mut items = entries.iter().flat_map(|(key, value)| [key, value]);
                keys.is_sorted_by(|one, other| one < other) && items.all(Self::is_regular)
            }
            Self::Tag(_, inner) => inner.is_regular(),
            _ => true,
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::List(items) => items.len(),
            Self::Map(entries) => entries.len(),
            _ => 0,
        }
    }

    /// The item, however its head is written.
    pub(super) fn plain(&self) -> &Self {
        match self {
            Self::Padded(inner) => inner,
            other => other,
        }
    }

    pub(super) fn as_uint(&self) -> Result<u64, Code> {
        match self.plain() {
            Self::Uint(value) => Ok(*value),
            _ => Err(MALFORMED),
        }
    }

    pub(super) fn as_number<N: TryFrom<u64>>(&self) -> Result<N, Code> {
        N::try_from(self.as_uint()?).map_err(|_| MALFORMED)
    }

    pub(super) fn as_int(&self) -> Result<i64, Code> {
        let number = match self.plain() {
            Self::Uint(value) => i128::from(*value),
            Self::Negative(value) => -1 - i128::from(*value),
            _ => return Err(MALFORMED),
        };
        i64::try_from(number).map_err(|_| MALFORMED)
    }

    pub(super) fn as_text(&self) -> Result<&str, Code> {
        match self.plain() {
            Self::Text(text) => Ok(text),
            _ => Err(MALFORMED),
        }
    }

    pub(super) fn as_bytes<const N: usize>(&self) -> Result<[u8; N], Code> {
        match self.plain() {
            Self::Bytes(bytes) => bytes.as_slice().try_into().map_err(|_| MALFORMED),
            _ => Err(MALFORMED),
        }
    }

    pub(super) fn as_list(&self, max: usize) -> Result<&[Self], Code> {
        match self.plain() {
            Self::List(items) if items.len() <= max => Ok(items),
            Self::EndlessList => Err(NOT_CANONICAL),
            _ => Err(MALFORMED),
        }
    }

    pub(super) fn as_map(&self, max: usize) -> Result<&[(Self, Self)], Code> {
        match self.plain() {
            Self::Map(entries) if entries.len() <= max => Ok(entries),
            Self::EndlessMap => Err(NOT_CANONICAL),
            _ => Err(MALFORMED),
        }
    }
}

fn length(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

fn head(major: u8, value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let size = match value {
        0..=23 => 0_usize,
        24..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    };
    let info = match size {
        0 => bytes[7],
        1 => 24,
        2 => 25,
        4 => 26,
        _ => 27,
    };
    let mut head = vec![major << 5 | info];
    head.extend(bytes.iter().skip(8 - size));
    head
}

/// Reads one item; gives back what follows it.
pub(super) fn read(bytes: &[u8]) -> (Tree, &[u8]) {
    let mut reader = Reader {
        rest: bytes,
        is_broken: false,
    };
    let tree = reader.item(0);
    (tree, reader.rest)
}

struct Reader<'a> {
    rest: &'a [u8],
    is_broken: bool,
}

impl Reader<'_> {
    fn item(&mut self, depth: usize) -> Tree {
        let before = self.rest;
        let tree = self.item_if_sound(depth).unwrap_or(Tree::Broken);
        self.is_broken |= matches!(
            tree,
            Tree::Broken | Tree::EndlessList | Tree::EndlessMap | Tree::EndlessText
        );
        if self.is_broken {
            return tree;
        }
        let read = before.len() - self.rest.len();
        // What is inside was compared already; only this item's own head can differ here.
        match before.get(..read) {
            Some(read) if !self.is_shortest(read, &tree) => Tree::Padded(Box::new(tree)),
            _ => tree,
        }
    }

    fn is_shortest(&self, read: &[u8], tree: &Tree) -> bool {
        let wanted = match tree {
            Tree::Uint(value) => head(0, *value),
            Tree::Negative(value) => head(1, *value),
            Tree::Bytes(bytes) => head(2, length(bytes.len())),
            Tree::Text(text) => head(3, length(text.len())),
            Tree::List(_) => head(4, length(tree.count())),
            Tree::Map(_) => head(5, length(tree.count())),
            Tree::Tag(tag, _) => head(6, *tag),
            _ => return true,
        };
        read.starts_with(&wanted)
    }

    fn item_if_sound(&mut self, depth: usize) -> Option<Tree> {
        if self.is_broken || depth > MAX_DEPTH {
            return None;
        }
        let (major, info) = {
            let first = self.take(1)?.first()?;
            (first >> 5, first & 0x1f)
        };
        match (major, info) {
            (4, 31) => return Some(Tree::EndlessList),
            (5, 31) => return Some(Tree::EndlessMap),
            (3, 31) => return Some(Tree::EndlessText),
            (7, 20) => return Some(Tree::Bool(false)),
            (7, 21) => return Some(Tree::Bool(true)),
            (7, 22) => return Some(Tree::Null),
            (7, _) => return None,
            _ => {}
        }
        let value = match info {
            0..=23 => u64::from(info),
            24..=27 => {
                let bytes = self.take(1 << (info - 24))?;
                bytes
                    .iter()
                    .fold(0, |value, byte| value << 8 | u64::from(*byte))
            }
            _ => return None,
        };
        Some(match major {
            0 => Tree::Uint(value),
            1 => Tree::Negative(value),
            2 => Tree::Bytes(self.take(usize::try_from(value).ok()?)?.to_vec()),
            3 => {
                let bytes = self.take(usize::try_from(value).ok()?)?;
                Tree::Text(std::str::from_utf8(bytes).ok()?.to_owned())
            }
            4 => Tree::List(self.items(value, |reader| reader.item(depth + 1), Tree::Broken)),
            5 => {
                let entry = |reader: &mut Self| (reader.item(depth + 1), reader.item(depth + 1));
                Tree::Map(self.items(value, entry, (Tree::Broken, Tree::Broken)))
            }
            _ => Tree::Tag(value, Box::new(self.item(depth + 1))),
        })
    }

    /// As many as there should be, the unread ones filled up.
    fn items<T: Clone>(&mut self, len: u64, read: impl Fn(&mut Self) -> T, unread: T) -> Vec<T> {
        let mut items = Vec::new();
        for at in 0..len {
            if self.is_broken && at >= MAX_FILLED {
                break;
            }
            items.push(if self.is_broken {
                unread.clone()
            } else {
                read(self)
            });
        }
        items
    }

    fn take(&mut self, len: usize) -> Option<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }
}
