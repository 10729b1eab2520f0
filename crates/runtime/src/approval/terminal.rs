//! An approver at a terminal.

use std::fmt;
use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, PoisonError};

use agentsudo_core::{ApprovalDecision, ApprovalRequest, Signer, Verdict};
use async_trait::async_trait;

use super::{Approver, ApproverFault};
use crate::clock::Clock;

/// Longest line that is read as an answer.
const MAX_ANSWER_LEN_BYTES: u64 = 256;
/// Longest argument that is shown in full; of longer ones the length is shown.
const MAX_SHOWN_CHARS: usize = 300;
/// Most arguments that are shown, unless there are more sinks: a request that fills the screen would push
/// off what matters.
const MAX_SHOWN_ARGUMENTS: usize = 12;

/// Shows a request on a terminal, sinks first, and asks for `yes`. Anything else denies.
///
/// It reads lines in the order in which they were typed: what is typed ahead answers a request that nobody
/// has seen yet. Where several requests can wait, use an approver whose answers name their request.
pub struct TerminalApprover {
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    terminal: Arc<Mutex<Terminal>>,
}

struct Terminal {
    reader: Box<dyn BufRead + Send>,
    writer: Box<dyn Write + Send>,
}

impl TerminalApprover {
    /// Asks on standard error and reads the answer from standard input; signs with the approver's key.
    #[must_use]
    pub fn new(signer: Arc<dyn Signer>, clock: Arc<dyn Clock>) -> Self {
        Self::with_io(signer, clock, io::BufReader::new(io::stdin()), io::stderr())
    }

    /// The same over any reader and writer.
    #[must_use]
    pub fn with_io(
        signer: Arc<dyn Signer>,
        clock: Arc<dyn Clock>,
        reader: impl BufRead + Send + 'static,
        writer: impl Write + Send + 'static,
    ) -> Self {
        let terminal = Terminal {
            reader: Box::new(reader),
            writer: Box::new(writer),
        };
        Self {
            signer,
            clock,
            terminal: Arc::new(Mutex::new(terminal)),
        }
    }
}

impl Terminal {
    fn ask(&mut self, request: &ApprovalRequest) -> io::Result<Verdict> {
        let out = &mut self.writer;
        writeln!(
            out,
            "\n{} asks to run {} ({})",
            request.chain(),
            request.tool(),
            request.scope()
        )?;
        let arguments = request.lines(MAX_SHOWN_CHARS);
        let shown = MAX_SHOWN_ARGUMENTS.max(request.sinks().len());
        for (name, value) in arguments.iter().take(shown) {
            writeln!(out, "  {name}: {value}")?;
        }
        if arguments.len() > shown {
            let more = arguments.len() - shown;
            writeln!(
                out,
                "  and {more} more, none of which decides where or how much"
            )?;
        }
        writeln!(out, "  why you are asked: {}", request.reason())?;
        writeln!(
            out,
            "  request {}, until {}",
            request.digest().short(),
            request.expires_at()
        )?;
        write!(
            out,
            "Approve this one call? Type `yes` to approve, anything else denies: "
        )?;
        out.flush()?;
        Ok(match self.read_answer()?.trim() {
            "yes" => Verdict::Approve,
            "" => Verdict::Deny {
                reason: "no answer".to_owned(),
            },
            _ => Verdict::Deny {
                reason: "denied at the terminal".to_owned(),
            },
        })
    }

    /// One line, whole: the end of one that is too long must not answer the next request.
    fn read_answer(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        io::Read::take(&mut self.reader, MAX_ANSWER_LEN_BYTES).read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\n") {
            self.reader.skip_until(b'\n')?;
        }
        String::from_utf8(line).map_err(io::Error::other)
    }
}

#[async_trait]
impl Approver for TerminalApprover {
    async fn decide(&self, request: &ApprovalRequest) -> Result<ApprovalDecision, ApproverFault> {
        let terminal = Arc::clone(&self.terminal);
        let shown = request.clone();
        let fault = |reason: String| ApproverFault { reason };
        // Reading blocks: it gets a thread of its own, and one request is shown at a time.
        let verdict = tokio::task::spawn_blocking(move || {
            terminal
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .ask(&shown)
        })
        .await
        .map_err(|error| fault(error.to_string()))?
        .map_err(|error| fault(error.to_string()))?;
        ApprovalDecision::sign(request, verdict, self.clock.now(), &*self.signer)
            .map_err(|error| fault(error.to_string()))
    }
}

impl fmt::Debug for TerminalApprover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TerminalApprover")
    }
}
