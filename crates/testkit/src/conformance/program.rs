//! The program that is asked.
//!
//! *Invariant:* questions are written by one thread while another reads answers, so neither pipe can fill up
//! and stop both sides.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

use super::fault::Fault;
use super::vectors::Vectors;

/// Longest line of an answer: a name and a code have some hundred bytes.
pub(super) const MAX_ANSWER_LEN_BYTES: u64 = 4_096;

/// What the program answered, by the names of the vectors: one for each.
pub(super) type Answers = BTreeMap<String, String>;

/// Starts the program and asks it about all vectors.
pub(super) fn ask(mut command: Command, vectors: &Vectors) -> Result<Answers, Fault> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(Fault::Program)?;
    let answers = converse(&mut child, vectors);
    let status = child.wait().map_err(Fault::Program)?;
    let answers = answers?;
    if status.success() {
        Ok(answers)
    } else {
        Err(Fault::Failed(status))
    }
}

fn converse(child: &mut Child, vectors: &Vectors) -> Result<Answers, Fault> {
    let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Fault::Program(io::Error::other("no pipe")));
    };
    thread::scope(|scope| {
        // A program that stops reading is found out by its answers.
        scope.spawn(move || write_all(to, vectors));
        let answers = read_all(BufReader::new(from), vectors);
        if answers.is_err() {
            // The writer may be waiting for it. Whether it has ended already is no matter.
            let _ = child.kill();
        }
        answers
    })
}

fn write_all(mut to: impl Write, vectors: &Vectors) -> io::Result<()> {
    vectors
        .values()
        .try_for_each(|vector| writeln!(to, "{}", vector.line))
}

fn read_all(mut from: impl BufRead, vectors: &Vectors) -> Result<Answers, Fault> {
    let mut answers = Answers::new();
    while let Some(line) = read_line(&mut from)? {
        let (name, result) = parse(&line).ok_or_else(|| garbage(&line))?;
        if !vectors.contains_key(&name) || answers.insert(name.clone(), result).is_some() {
            return Err(Fault::Stray(name));
        }
    }
    if answers.len() < vectors.len() {
        return Err(Fault::Short {
            found: answers.len(),
            expected: vectors.len(),
        });
    }
    Ok(answers)
}

/// The next line, or nothing at the end.
fn read_line(from: &mut impl BufRead) -> Result<Option<Vec<u8>>, Fault> {
    let mut line = Vec::new();
    let read = from
        .take(MAX_ANSWER_LEN_BYTES + 1)
        .read_until(b'\n', &mut line);
    let read = read.map_err(Fault::Program)?;
    if line.last() == Some(&b'\n') {
        line.pop();
        Ok(Some(line))
    } else if u64::try_from(read).is_ok_and(|read| read > MAX_ANSWER_LEN_BYTES) {
        Err(Fault::LongAnswer)
    } else if read == 0 {
        Ok(None)
    } else {
        Err(garbage(&line))
    }
}

fn parse(line: &[u8]) -> Option<(String, String)> {
    let answer: Value = serde_json::from_slice(line).ok()?;
    let field = |name| Some(answer.get(name)?.as_str()?.to_owned());
    Some((field("name")?, field("result")?))
}

fn garbage(line: &[u8]) -> Fault {
    Fault::Garbage(String::from_utf8_lossy(line).chars().take(200).collect())
}
