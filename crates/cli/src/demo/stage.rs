//! The stage: agents make their calls here, and what was promised is compared with what is the case.
//!
//! Everything is told at once, and kept for those who want it as data.

use agentsudo::{Outcome, Reply, Session};
use serde::Serialize;
use serde_json::Value;

use super::report::Report;
use super::wording;
use super::world::World;

/// One scene, as data.
#[derive(Debug, Serialize)]
pub(super) struct Scene {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) calls: Vec<CallMade>,
    pub(super) expectations: Vec<Expectation>,
}

/// One call, as its agent made it, and what the agent was told.
#[derive(Debug, Serialize)]
pub(super) struct CallMade {
    pub(super) agent: String,
    pub(super) chain: Vec<String>,
    pub(super) tool: String,
    pub(super) arguments: Value,
    pub(super) reply: Reply,
}

/// Something that had to be the case, and whether it was.
#[derive(Debug, Serialize)]
pub(super) struct Expectation {
    pub(super) what: String,
    pub(super) held: bool,
}

pub(super) struct Stage {
    pub(super) world: World,
    pub(super) report: Report,
    pub(super) scenes: Vec<Scene>,
}

impl Stage {
    pub(super) const fn new(world: World, report: Report) -> Self {
        Self {
            world,
            report,
            scenes: Vec::new(),
        }
    }

    /// Opens a scene. `name` is for machines, `title` and `story` are for people.
    pub(super) fn scene(
        &mut self,
        name: &'static str,
        title: &'static str,
        story: &str,
    ) -> anyhow::Result<()> {
        self.scenes.push(Scene {
            name,
            title,
            calls: Vec::new(),
            expectations: Vec::new(),
        });
        Ok(self.report.scene(self.scenes.len(), title, story)?)
    }

    /// Makes a call as a model does, by a tool's name and JSON arguments.
    pub(super) async fn call(
        &mut self,
        session: &Session,
        tool: &str,
        arguments: Value,
    ) -> anyhow::Result<Outcome> {
        let chain = session.chain();
        let shown = wording::arguments(&arguments, &self.world.sinks_of(tool));
        self.report.attempt(&chain.to_string(), tool, &shown)?;
        let outcome = session.call(tool, &arguments).await;
        let reply = outcome.to_reply();
        self.report.ended(tool, &reply)?;
        let agents = chain.iter().map(|link| link.agent.to_string());
        let made = CallMade {
            agent: chain
                .leaf()
                .map(|link| link.agent.to_string())
                .unwrap_or_default(),
            chain: agents.collect(),
            tool: tool.to_owned(),
            arguments,
            reply,
        };
        if let Some(scene) = self.scenes.last_mut() {
            scene.calls.push(made);
        }
        Ok(outcome)
    }

    /// Keeps and shows whether something is the case that has to be.
    pub(super) fn expect(&mut self, held: bool, what: impl Into<String>) -> anyhow::Result<()> {
        let what = what.into();
        self.report.expectation(&what, held)?;
        self.keep(what, held);
        Ok(())
    }

    /// Keeps whether a call ended with this code, `None` for a result. Shown only if it did not: the
    /// reader has just seen how it ended.
    pub(super) fn expect_code(
        &mut self,
        outcome: &Outcome,
        expected: Option<&str>,
    ) -> anyhow::Result<()> {
        let (expected, found) = (expected.unwrap_or("ran"), outcome.code().unwrap_or("ran"));
        let held = expected == found;
        let what = format!("the call ended with `{expected}`");
        if !held {
            self.report
                .expectation(&format!("{what}, found `{found}`"), held)?;
        }
        self.keep(what, held);
        Ok(())
    }

    /// Whether everything held so far.
    pub(super) fn all_held(&self) -> bool {
        self.expectations().all(|expectation| expectation.held)
    }

    pub(super) fn expectations(&self) -> impl Iterator<Item = &Expectation> {
        self.scenes.iter().flat_map(|scene| &scene.expectations)
    }

    /// How many calls were made.
    pub(super) fn call_count(&self) -> usize {
        self.scenes.iter().map(|scene| scene.calls.len()).sum()
    }

    fn keep(&mut self, what: String, held: bool) {
        if let Some(scene) = self.scenes.last_mut() {
            scene.expectations.push(Expectation { what, held });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Stage;
    use crate::demo::consent::Consent;
    use crate::demo::report::Report;
    use crate::demo::world::World;

    /// A stage in one scene, with one expectation after the other.
    #[track_caller]
    fn check(held: &[bool], all_held: bool) {
        let folder = tempfile::tempdir().unwrap();
        let world = World::create(Some(folder.path()), Consent::PresetNo).unwrap();
        let mut stage = Stage::new(world, Report::new(std::io::sink(), None));
        stage.scene("test", "Test", "A test.").unwrap();
        for held in held {
            stage.expect(*held, "something").unwrap();
        }
        assert_eq!(stage.all_held(), all_held);
    }

    #[test]
    fn all_holds_when_each_holds() {
        check(&[true, true], true);
    }

    #[test]
    fn one_that_does_not_hold_is_not_forgotten() {
        check(&[false, true], false);
    }
}
