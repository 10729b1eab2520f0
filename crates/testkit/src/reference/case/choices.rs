/// Decisions taken from bytes, one after the other; when there are none left, always the first choice.
#[derive(Debug, Clone, Copy)]
pub struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    /// Decides by these bytes.
    #[must_use]
    pub const fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte.
    pub const fn byte(&mut self) -> u8 {
        match self.0 {
            [first, rest @ ..] => {
                self.0 = rest;
                *first
            }
            [] => 0,
        }
    }

    /// A number below this one, which is at most 256; 0 below 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit.max(1)
    }

    /// Whether something rare happens.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    /// One of several, which are at least one.
    pub fn pick<'b, T>(&mut self, among: &'b [T]) -> &'b T {
        let at = self.below(among.len());
        #[expect(
            clippy::indexing_slicing,
            reason = "the place is below the length; nobody picks from nothing"
        )]
        &among[at]
    }

    /// One of several texts.
    pub fn word<'b>(&mut self, among: &[&'b str]) -> &'b str {
        let text: &&str = self.pick(among);
        text
    }

    /// One of several sound texts, or now and then one of several odd ones.
    pub(super) fn mostly(&mut self, pool: &Pool) -> &'static str {
        let is_odd = self.one_in(96);
        self.word(if is_odd { pool.odd } else { pool.sound })
    }

    /// A text of some letters.
    pub fn text(&mut self, letters: &[char], max: usize) -> String {
        let length = self.below(max + 1);
        (0..length).map(|_| *self.pick(letters)).collect()
    }

    /// Any 64 bits.
    pub fn u64(&mut self) -> u64 {
        (0..8).fold(0, |bits, _| bits << 8 | u64::from(self.byte()))
    }
}

/// Texts for one kind of rule.
pub(super) struct Pool {
    pub(super) sound: &'static [&'static str],
    pub(super) odd: &'static [&'static str],
}
