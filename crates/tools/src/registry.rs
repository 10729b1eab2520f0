//! Which tools there are.
//!
//! A tool enters with its definition made and checked, and both stay as they are: there is no way to
//! replace or remove one, so what a decision was made about is what runs.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use agentsudo_core::ToolName;

use crate::definition::ToolDefinition;
use crate::dyn_tool::DynTool;
use crate::misuse::ToolMisuse;
use crate::tool::Tool;

/// Most tools in one registry: far more than a model can choose from, and a bound on what a gateway
/// loads from its upstreams.
pub const MAX_TOOLS: usize = 4096;

/// Tools by name.
#[derive(Debug, Default)]
pub struct Registry {
    tools: BTreeMap<String, Registered>,
    names: HashMap<TypeId, String>,
}

impl Registry {
    /// No tools.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tool.
    ///
    /// # Errors
    /// [`ToolMisuse`] says what to change in the tool, or that its name is taken.
    pub fn register<T: Tool>(&mut self, tool: T) -> Result<(), ToolMisuse> {
        let name = self.add(Arc::new(tool))?;
        self.names.insert(TypeId::of::<T>(), name);
        Ok(())
    }

    /// Adds a tool that is known at run time only.
    ///
    /// # Errors
    /// As [`Registry::register`].
    pub fn register_dyn(&mut self, tool: Arc<dyn DynTool>) -> Result<(), ToolMisuse> {
        self.add(tool).map(drop)
    }

    /// The tool with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Registered> {
        self.tools.get(name)
    }

    /// The tool of this type. A tool added with [`Registry::register_dyn`] has none.
    #[must_use]
    pub fn of<T: Tool>(&self) -> Option<&Registered> {
        self.get(self.names.get(&TypeId::of::<T>())?)
    }

    /// All tools, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Registered> {
        self.tools.values()
    }

    /// How many tools there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether there are no tools.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    fn add(&mut self, tool: Arc<dyn DynTool>) -> Result<String, ToolMisuse> {
        let definition = tool.define()?;
        let name: &ToolName = definition.name();
        if self.tools.contains_key(name.as_str()) {
            return Err(ToolMisuse::NameTaken { name: name.clone() });
        }
        if self.tools.len() >= MAX_TOOLS {
            return Err(ToolMisuse::TooMany);
        }
        let name = name.as_str().to_owned();
        self.tools
            .insert(name.clone(), Registered { definition, tool });
        Ok(name)
    }
}

/// A tool in a registry.
#[derive(Clone)]
pub struct Registered {
    definition: ToolDefinition,
    tool: Arc<dyn DynTool>,
}

impl Registered {
    /// What the tool is, as it was when it was registered.
    #[must_use]
    pub const fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    /// The tool.
    #[must_use]
    pub const fn tool(&self) -> &Arc<dyn DynTool> {
        &self.tool
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered")
            .field("definition", &self.definition)
            .finish_non_exhaustive()
    }
}
