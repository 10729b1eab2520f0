//! `agentsudo demo`: agents at work in a small shop.
//!
//! It holds the story and nothing else: who may do what is decided by the runtime, as in any program. Each
//! scene compares what was promised with the shop and the outbox themselves.

mod consent;
mod json;
mod report;
mod scenes;
mod stage;
mod table;
mod trail;
mod wording;
mod world;

use std::io::{self, Write};

use anyhow::Context as _;

use self::consent::Consent;
use self::json::Document;
use self::report::Report;
use self::stage::Stage;
use self::trail::Trail;
use self::world::World;
use crate::args::DemoArgs;
use crate::exit::Exit;
use crate::term;

/// Runs the demo to its end.
///
/// # Errors
/// What failed of the world; what the demo promises and does not hold is [`Exit::NotHeld`].
pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<Exit> {
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .context("the async runtime cannot be started")?;
    let ended = executor.block_on(play(args));
    // A question that nobody answered still waits for a line of input; the process does not.
    executor.shutdown_background();
    ended
}

async fn play(args: &DemoArgs) -> anyhow::Result<Exit> {
    let world = World::create(args.dir.as_deref(), Consent::of(args))?;
    let out: Box<dyn Write> = if args.json {
        Box::new(io::sink())
    } else {
        Box::new(anstream::stdout())
    };
    let mut stage = Stage::new(world, Report::new(out, term::columns()));
    stage.report.opening(&stage.world)?;
    scenes::play(&mut stage).await?;

    let trail = Trail::of(&stage.world);
    let summary = trail.summary(&stage);
    if args.json {
        let document = Document::new(&stage.world.folder, &stage.scenes, &trail.rows, &summary);
        document.write_to(io::stdout().lock())?;
    } else {
        stage.report.closing(&summary, &stage.world)?;
        stage.report.flush()?;
    }
    Ok(if stage.all_held() {
        Exit::Success
    } else {
        Exit::NotHeld
    })
}
