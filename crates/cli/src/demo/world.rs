//! The demo's world: a shop, an outbox, an audit log, and a runtime that stands before them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use agentsudo::{
    Agent, Approval, ApprovalRule, Audience, Issuer, JsonLinesAudit, MemoryAudit, Runtime, Session,
    SetupError, TokenRequest, Value, Verifier, at_most, equals, one_of,
};
use agentsudo_connectors::outbox::{self, EmailAddress, Outbox};
use agentsudo_connectors::shop::{self, Shop};
use anyhow::Context as _;

use super::consent::Consent;
use crate::exit::UsageError;

pub(super) const MARA: &str = "mara@customer.example";
pub(super) const PIA: &str = "pia@customer.example";
pub(super) const WAREHOUSE: &str = "warehouse@shop.example";
/// Largest refund that no person is asked about, in minor units of EUR.
pub(super) const REFUND_LIMIT_MINOR: i64 = 10_000;

const SENDER: &str = "support@shop.example";
/// The verifier's own name: tokens that are made for another one are refused.
const AUDIENCE: &str = "shop";
const APPROVAL_WINDOW: Duration = Duration::from_secs(300);

pub(super) struct World {
    pub(super) folder: PathBuf,
    pub(super) consent: Consent,
    pub(super) shop: Shop,
    pub(super) outbox: Outbox,
    pub(super) audit: MemoryAudit,
    pub(super) runtime: Runtime,
    issuer: Issuer,
}

impl World {
    /// Makes the world in a folder, or in a new temporary one.
    pub(super) fn create(folder: Option<&Path>, consent: Consent) -> anyhow::Result<Self> {
        let folder = match folder {
            Some(folder) => empty_folder(folder)?,
            None => new_folder()?,
        };
        let shop = Shop::open(&folder.join("shop.db")).context("the shop cannot be made")?;
        shop.seed_demo().context("the shop cannot be filled")?;
        let outbox = Outbox::open(&folder.join("outbox"), EmailAddress::parse(SENDER)?)
            .context("the outbox cannot be made")?;
        let audit = MemoryAudit::new();
        let file = JsonLinesAudit::append_to(&folder.join("audit.jsonl"))
            .context("the audit log cannot be made")?;
        let issuer = Issuer::generate()?;
        let runtime =
            Runtime::builder(Verifier::new(Audience::parse(AUDIENCE)?).trust(issuer.public_key()))
                .tools(shop::register)
                .tools(outbox::register)
                .state(shop.clone())
                .state(outbox.clone())
                .approval(approval(consent)?)
                .audit(file)
                .audit(audit.clone())
                .build()?;
        Ok(Self {
            folder,
            consent,
            shop,
            outbox,
            audit,
            runtime,
            issuer,
        })
    }

    /// Makes an agent with a key of its own, gives it a token, and lets it start to work.
    pub(super) async fn agent(
        &self,
        name: &str,
        terms: impl FnOnce(TokenRequest<'_>) -> TokenRequest<'_>,
    ) -> Result<Session, SetupError> {
        let agent = Agent::generate(name)?;
        let token = terms(self.issuer.token_for(&agent).audience(AUDIENCE)).mint()?;
        self.runtime.open_session(&agent, &token).await
    }

    /// The support bot, with the token of one ticket: these orders, these recipients, nothing else.
    pub(super) async fn support_bot(
        &self,
        orders: &[&str],
        recipients: &[&str],
    ) -> Result<Session, SetupError> {
        self.agent("support-bot", |token| {
            token
                .allow("read:orders")
                .allow("write:refunds")
                .allow("write:email")
                .constrain_on("write:refunds", "order_id", one_of(orders.iter().copied()))
                .constrain_on("write:email", "to", one_of(recipients.iter().copied()))
                .constrain_on("write:email", "cc", equals(Value::List(Vec::new())))
                .delegable(1)
        })
        .await
    }

    /// The arguments of a tool that decide where something goes or how much.
    pub(super) fn sinks_of(&self, tool: &str) -> Vec<String> {
        let registered = self.runtime.registry().get(tool);
        registered.map_or_else(Vec::new, |tool| {
            tool.definition().requirement().sinks().to_vec()
        })
    }

    /// How many messages there are in the outbox.
    pub(super) fn mail_count(&self) -> anyhow::Result<usize> {
        Ok(self.outbox.messages()?.len())
    }
}

fn approval(consent: Consent) -> Result<Approval, SetupError> {
    let (approver, approvers) = consent.approver()?;
    let limit = at_most(REFUND_LIMIT_MINOR);
    Ok(Approval::ask(approver, approvers)
        .require(ApprovalRule::unless(
            "write:refunds",
            "amount_minor",
            limit,
        )?)
        .require(ApprovalRule::always("delete:**")?)
        .require(ApprovalRule::always("admin:**")?)
        .within(APPROVAL_WINDOW))
}

fn new_folder() -> anyhow::Result<PathBuf> {
    let folder = tempfile::Builder::new()
        .prefix("agentsudo-demo-")
        .tempdir()
        .context("no temporary folder can be made; name another place with --dir")?;
    Ok(folder.keep())
}

/// The folder itself, if nothing in it could be overwritten.
fn empty_folder(folder: &Path) -> anyhow::Result<PathBuf> {
    let shown = folder.display();
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(folder.to_owned()),
        Ok(false) => Err(UsageError(format!(
            "the folder `{shown}` is not empty; give --dir an empty one, or one that does not exist yet"
        ))
        .into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder)
                .with_context(|| format!("the folder `{shown}` cannot be made"))?;
            Ok(folder.to_owned())
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(UsageError(format!("`{shown}` is a file; give --dir a folder")).into())
        }
        Err(error) => Err(error).with_context(|| format!("the folder `{shown}` cannot be read")),
    }
}
