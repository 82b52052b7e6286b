//! What is on the screen besides the data: panel, overlay, prompt, notice, and the way one came.

use jiff::Timestamp;

use super::deed::Deed;
use super::reader::Reader;
use crate::event::{MenuKind, PanelId, PromptKind};
use crate::model::Subject;
use crate::sources::bucket::node::Node;
use crate::sources::logs::picture::Stored;

/// Places kept to go back to.
const TRAIL: usize = 64;

/// What is on the screen besides the data.
#[derive(Clone, Debug, Default)]
pub struct Screen {
    pub panel: PanelId,
    /// What lies over the panel.
    pub layer: Option<Layer>,
    /// The line that is being typed into.
    pub prompt: Option<Prompt>,
    /// One line for the operator, until the next key.
    pub notice: Option<Notice>,
    /// The hop or finding selected on the overview.
    pub finding: Option<Subject>,
    pub theme: String,
    pub columns: u16,
    pub rows: u16,
    /// Whether the operator asked to leave.
    pub leaving: Leaving,
    pub mouse: Mouse,
    /// Where a jump to a tag began: one level back from there leads to it.
    pub drilled: Option<View>,
    trail: Vec<View>,
    /// How many of the trail's places lie before the present one.
    trodden: usize,
}

/// How far the operator is with leaving.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaving {
    #[default]
    No,
    /// Asked once to stop, then.
    Asked(Timestamp),
    Yes,
}

/// Who has the mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mouse {
    /// The terminal, for selecting text.
    #[default]
    Terminal,
    Cockpit,
}

/// What lies over the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    Help {
        top: usize,
    },
    Describe {
        subject: Subject,
        top: usize,
    },
    Raw {
        key: String,
        top: usize,
    },
    /// How the embedded site can be asked from another terminal.
    Staging {
        top: usize,
    },
    /// The verbs that were offered when it was opened, by their ids.
    Menu {
        kind: MenuKind,
        offers: Vec<&'static str>,
        chosen: usize,
    },
    /// A document that is fetched while it is read.
    Document(Box<Reader>),
    /// A verb that writes, on its way.
    Deed(Box<Deed>),
    /// Everything that a line of a log says.
    Line {
        stored: Box<Stored>,
        top: usize,
    },
    /// The journal, with the entry that is selected.
    Journal {
        chosen: Option<String>,
    },
}

/// A line that is being typed into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    pub kind: PromptKind,
    pub text: String,
}

/// One line for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub tone: Tone,
    pub text: String,
}

/// How a text is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    /// Matters less.
    Dim,
    Good,
    Warn,
    Bad,
    /// Could not be read.
    Unknown,
}

impl Notice {
    pub const fn plain(text: String) -> Self {
        Self { tone: Tone::Plain, text }
    }

    pub const fn good(text: String) -> Self {
        Self { tone: Tone::Good, text }
    }

    pub const fn warn(text: String) -> Self {
        Self { tone: Tone::Warn, text }
    }
}

/// A place to come back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub panel: PanelId,
    pub node: Option<Node>,
    /// The chosen row, where the panel is a table.
    pub row: Option<Subject>,
}

impl Screen {
    /// Notes where one is, before going elsewhere.
    pub fn leave(&mut self, view: View) {
        self.trail.truncate(self.trodden);
        if self.trail.last() != Some(&view) {
            self.trail.push(view);
        }
        if self.trail.len() > TRAIL {
            self.trail.remove(0);
        }
        self.trodden = self.trail.len();
    }

    /// The place before the present one, which is noted so that one can come forward again.
    pub fn back(&mut self, here: View) -> Option<View> {
        let target = self.trodden.checked_sub(1)?;
        if self.trodden == self.trail.len() {
            self.trail.push(here);
        }
        self.trodden = target;
        self.trail.get(target).cloned()
    }

    /// The place that one came back from.
    pub fn forward(&mut self) -> Option<View> {
        let target = self.trail.get(self.trodden + 1)?.clone();
        self.trodden += 1;
        Some(target)
    }

    /// Whether there is a place to go back to.
    pub const fn has_past(&self) -> bool {
        self.trodden > 0
    }

    /// Whether there is a place to go forward to.
    pub const fn has_future(&self) -> bool {
        self.trodden + 1 < self.trail.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(name: &str) -> View {
        View { panel: PanelId::Bucket, node: Some(Node::folder(name)), row: None }
    }

    #[test]
    fn one_can_go_back_forward_and_elsewhere() {
        let mut screen = Screen::default();
        screen.leave(view("a"));
        screen.leave(view("b"));
        assert_eq!(screen.back(view("c")), Some(view("b")));
        assert_eq!(screen.back(view("b")), Some(view("a")));
        assert_eq!(screen.back(view("a")), None);
        assert_eq!(screen.forward(), Some(view("b")));
        assert_eq!(screen.forward(), Some(view("c")));
        assert_eq!(screen.forward(), None);
        assert_eq!(screen.back(view("c")), Some(view("b")));
        screen.leave(view("b"));
        assert!(!screen.has_future());
        assert_eq!(screen.back(view("d")), Some(view("b")));
    }
}
