//! The story as people read it in a terminal.
//!
//! Text that comes from agents, tools and the shop is escaped before it is shown.

use std::io::{self, Write};

use agentsudo::{Reply, escape};
use anstyle::Style;

use super::trail::{Summary, Trail};
use super::world::World;
use super::{table, wording};
use crate::term::{BAD, GOOD, QUIET, TITLE, WAITING, painted, wrapped};

/// Longest line of prose, in characters. Longer ones are tiring wherever they fit.
const PROSE_CHARS: usize = 80;
/// Characters before what a call's end is explained with.
const LABEL_CHARS: usize = 9;
/// Longest line of a quoted text that is shown, in characters.
const QUOTED_CHARS: usize = 400;

pub(super) struct Report {
    out: Box<dyn Write>,
    columns: Option<usize>,
}

impl Report {
    /// Writes to `out`, which is a terminal of so many columns or none.
    pub(super) fn new(out: impl Write + 'static, columns: Option<usize>) -> Self {
        let out = Box::new(out);
        Self { out, columns }
    }

    pub(super) fn opening(&mut self, world: &World) -> io::Result<()> {
        writeln!(
            self.out,
            "{}\n",
            painted(TITLE, "AgentSudo: sudo for AI agents")
        )?;
        self.prose(
            0,
            "Four agents work in a small shop. Each has a key of its own and a signed token that says \
             what it may do and for how long. See what runs, what is stopped, and what is written down.",
        )?;
        writeln!(self.out)?;
        self.prose(
            0,
            "The shop is a real database and the mail is real messages, all in one new folder. No \
             language model is needed: the agents follow a script.",
        )?;
        writeln!(self.out, "Folder: {}", world.folder.display())
    }

    pub(super) fn scene(&mut self, number: usize, title: &str, story: &str) -> io::Result<()> {
        writeln!(
            self.out,
            "\n{}",
            painted(TITLE, &format!("{number}. {title}"))
        )?;
        self.prose(3, story)?;
        writeln!(self.out)
    }

    /// What an agent is about to do. Written out at once: the call may wait for a person.
    pub(super) fn attempt(&mut self, chain: &str, tool: &str, arguments: &str) -> io::Result<()> {
        let call = format!("{chain} calls {tool}({arguments})");
        let mut lines = wrapped(&call, self.prose_chars() - 5).into_iter();
        writeln!(self.out, "   {}", lines.next().unwrap_or_default())?;
        for line in lines {
            writeln!(self.out, "     {line}")?;
        }
        self.out.flush()
    }

    /// How it ended.
    pub(super) fn ended(&mut self, tool: &str, reply: &Reply) -> io::Result<()> {
        match reply {
            Reply::Returned { output } => self.end(GOOD, "ran", &wording::output(tool, output)),
            Reply::Refused {
                code,
                message,
                next_step,
            } => {
                self.end(BAD, "refused", code)?;
                self.told(&format!("the agent is told: {message}; {next_step}"))
            }
            Reply::Failed { code, message, .. } => {
                self.end(WAITING, "failed", code)?;
                self.told(&format!("the agent is told: {message}"))
            }
            Reply::Faulted { code, message } => {
                self.end(BAD, "refused", code)?;
                self.told(&format!("the agent is told: {message}"))
            }
        }
    }

    pub(super) fn expectation(&mut self, what: &str, held: bool) -> io::Result<()> {
        let (style, mark) = if held {
            (GOOD, "✓")
        } else {
            (BAD, "✗ does not hold:")
        };
        self.marked(&painted(style, mark), what)
    }

    /// A hint that stands out.
    pub(super) fn notice(&mut self, text: &str) -> io::Result<()> {
        self.marked(&painted(WAITING, "!"), text)
    }

    /// A text that somebody else wrote, line by line.
    pub(super) fn quote(&mut self, text: &str) -> io::Result<()> {
        for line in text.lines() {
            let line = escape(line, QUOTED_CHARS);
            let mut parts = wrapped(&line, self.prose_chars() - 7);
            if parts.is_empty() {
                parts.push(String::new());
            }
            for part in parts {
                writeln!(
                    self.out,
                    "     {}",
                    painted(QUIET, format!("│ {part}").trim_end())
                )?;
            }
        }
        Ok(())
    }

    pub(super) fn trail(&mut self, trail: &Trail) -> io::Result<()> {
        match self.columns {
            Some(columns) => write!(self.out, "{}", table::for_terminal(trail, columns)),
            None => write!(self.out, "{}", table::plain(trail)),
        }
    }

    pub(super) fn gap(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    pub(super) fn closing(&mut self, summary: &Summary, world: &World) -> io::Result<()> {
        let approved = match summary.approved {
            0 => String::new(),
            many => format!(" ({many} approved by {})", world.consent.approver_name()),
        };
        let Summary {
            calls,
            ran,
            refused,
            ..
        } = summary;
        let counted = format!("{calls} calls: {ran} ran{approved}, {refused} refused.");
        writeln!(self.out, "\n{}", painted(TITLE, &counted))?;
        let kept = summary.expectations - summary.not_held;
        let (style, checked) = match summary.not_held {
            0 => (GOOD, format!("All {kept} checks held.")),
            broken => (BAD, format!("{broken} checks did not hold, {kept} did.")),
        };
        writeln!(self.out, "{}", painted(style, &checked))?;
        writeln!(self.out, "\nLook around in {}:", world.folder.display())?;
        writeln!(self.out, "  shop.db      the shop, a SQLite database")?;
        writeln!(self.out, "  outbox       the e-mails, one file each")?;
        writeln!(
            self.out,
            "  audit.jsonl  the audit log, one JSON record a line"
        )?;
        writeln!(
            self.out,
            "\nNext: README.md shows how to do this in your own program."
        )
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn prose_chars(&self) -> usize {
        self.columns
            .map_or(PROSE_CHARS, |columns| columns.min(PROSE_CHARS))
    }

    fn prose(&mut self, indent: usize, text: &str) -> io::Result<()> {
        for line in wrapped(text, self.prose_chars() - indent) {
            writeln!(self.out, "{:indent$}{line}", "")?;
        }
        Ok(())
    }

    fn end(&mut self, style: Style, label: &str, text: &str) -> io::Result<()> {
        let label = painted(style, &format!("{label:LABEL_CHARS$}"));
        let mut lines = wrapped(text, self.prose_chars() - LABEL_CHARS - 5).into_iter();
        writeln!(self.out, "     {label}{}", lines.next().unwrap_or_default())?;
        for line in lines {
            writeln!(self.out, "     {:LABEL_CHARS$}{line}", "")?;
        }
        Ok(())
    }

    /// What the model is told, in one voice with what it says next.
    fn told(&mut self, text: &str) -> io::Result<()> {
        for line in wrapped(text, self.prose_chars() - LABEL_CHARS - 5) {
            writeln!(
                self.out,
                "     {:LABEL_CHARS$}{}",
                "",
                painted(QUIET, &line)
            )?;
        }
        Ok(())
    }

    fn marked(&mut self, mark: &str, text: &str) -> io::Result<()> {
        let mut lines = wrapped(text, self.prose_chars() - 5).into_iter();
        writeln!(self.out, "   {mark} {}", lines.next().unwrap_or_default())?;
        for line in lines {
            writeln!(self.out, "     {line}")?;
        }
        Ok(())
    }
}
