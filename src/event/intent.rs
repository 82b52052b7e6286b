//! What an operator can want, in the imperative.

use jiff::SignedDuration;

use crate::model::{About, Document, Order, Subject};
use crate::registry::reference::Reference;
use crate::sources::bucket::node::Node;

/// Something that the operator wants, from a key, a command or what is on the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// Open what the profile names.
    Start,
    /// The terminal has this size now.
    Resize {
        columns: u16,
        rows: u16,
    },
    /// Move the selection.
    Move(Motion),
    /// Select this row.
    Select(Node),
    /// Select this row of a table.
    Choose(Subject),
    /// Sort the table that is shown.
    Sort(Sorting),
    /// Show the text that is open from this line on.
    Scroll(usize),
    /// Go into what is selected.
    Enter,
    /// Go to what the selected row, or the cause that is read about, is about.
    Follow,
    /// Open what is selected in its place.
    Unfold,
    /// Close what is selected, or go to what holds it.
    Fold,
    /// Go to what holds the selection.
    Parent,
    Panel(PanelId),
    /// The next or previous panel.
    Turn(Way),
    /// Open a line to type into.
    Ask(PromptKind),
    /// Open the command line with this typed already.
    Draft(String),
    /// Give the selected server this weight: shows it, and asks.
    Weigh(String),
    /// Put this in place of what was typed.
    Type(String),
    Erase(Erasure),
    /// Leave the prompt and keep what it did.
    Settle,
    /// One level back: prompt, overlay, filter, pane, and so on.
    Dismiss,
    /// As dismiss, and leave the cockpit at the root.
    Back,
    /// Through the places seen before.
    Walk(Way),
    /// Back to the place seen last.
    Last,
    Help,
    /// Show how the embedded site can be asked from another terminal.
    Staging,
    /// Offer these verbs, by their ids.
    Menu {
        kind: MenuKind,
        offers: Vec<&'static str>,
    },
    /// Take the menu's chosen row.
    Pick,
    /// Show only what is broken or could not be read.
    FaultsOnly,
    /// To the next or previous row that is broken or could not be read.
    Fault(Way),
    /// Show or hide the registry's own folders in the tree.
    Internals,
    /// Show every layer of the chain, or sum up the good ones.
    Wide,
    /// Tell everything that is known of what is selected.
    Describe,
    /// Read this document about what is selected.
    Consult(Document),
    /// To the next or previous match in the document; its first line on the screen, and how many are.
    Find {
        way: Way,
        from: usize,
        height: usize,
    },
    /// Break long lines of the document, or cut them.
    Wrap,
    /// Show the bytes of the selected object.
    Raw,
    /// Look at the selected tag again.
    Rescan,
    /// List the selected level again.
    Refresh,
    /// Send text to the terminal's clipboard; `what` says what it is.
    Copy {
        what: &'static str,
        text: String,
    },
    /// Show this tag or manifest.
    Goto(Reference),
    Theme(String),
    /// Mark the selected tag or take its mark away, and go on to the next row.
    Mark,
    /// Mark all tags from the one that was marked last to the selected one.
    MarkThrough,
    /// Show what this would do, and ask.
    Propose(Errand),
    /// Carry out what is shown.
    Agree,
    /// Let this session write for a while; the name of where, if it was given.
    Arm {
        span: SignedDuration,
        name: Option<String>,
    },
    /// Make this session read-only.
    Disarm,
    /// Show what was done earlier, to take it back or to finish it.
    Recall,
    /// These are on the screen and not looked at yet, the most wanted first.
    Look(Vec<Subject>),
    /// Stop what is running; twice means leave.
    Cancel,
    Quit,
    Terminal(TerminalWish),
    /// Something of the error logs.
    Logs(LogsWish),
    /// Open the runbook at this step: `runbook#step`; a runbook alone opens where one was.
    OpenRunbook {
        step: String,
    },
    /// Something of the runbook that is open.
    Runbook(RunbookWish),
    /// Say why a key or command did nothing.
    Say(String),
}

/// Something that would write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// A verb and what to do it to.
    Verb(Order),
    /// An entry of the journal that is to be taken back or finished.
    Journal(About),
}

/// By what a table is to be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorting {
    /// The column of this number; once more is the other way round.
    By(usize),
    /// The column beside the present one.
    Beside(Way),
}

/// How the selection moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// So many rows down; negative is up.
    Rows(isize),
    First,
    Last,
}

/// A direction through things that have an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Next,
    Previous,
}

/// How much to take away from what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasure {
    Letter,
    Word,
    Line,
}

/// What a prompt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptKind {
    Command,
    Filter,
    /// What to look for in a text.
    Find,
    /// The name of what would be written to, for so long.
    Name(SignedDuration),
    /// What is to be remembered of a runbook's step.
    Note,
}

/// What a menu offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MenuKind {
    /// All verbs.
    Actions,
    /// The verbs that copy.
    Copy,
}

/// What only the terminal itself can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalWish {
    /// Draw everything anew.
    Redraw,
    /// Leave the screen and print its lines undecorated, for copying.
    PlainLines,
    /// Take or release the mouse.
    Mouse,
}

/// The panels, by the digit that opens each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PanelId {
    Overview,
    Pods,
    Endpoints,
    Balancers,
    Logs,
    #[default]
    Bucket,
    Runbook,
}

/// Something that the operator wants of the runbook that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunbookWish {
    /// The step is done, or as it should be, or it is not; the same once more takes it back.
    Answer { fine: bool },
    /// Remember this of the step; nothing forgets it.
    Note(String),
    /// To the next or previous step that nobody answered.
    Waiting(Way),
    /// Back to the step that led here.
    Return,
    /// To what the step's check found.
    Show,
    /// A verb is about to be done to this; without anything it is done, and what it opened may still need that.
    Aim(Option<Subject>),
    /// Begin anew.
    Anew,
}

/// Something that the operator wants of the error logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogsWish {
    /// Follow the newest line, or stay where one is.
    Follow,
    /// Back to the newest line, and follow it.
    Live,
    /// To the next or previous line of this sort.
    Seek(Sought, Way),
    /// Show this part, or the lines again if it is shown.
    Part(LogsPart),
    /// Show or hide how many errors there were when.
    Histogram,
    /// Keep the selected line, or let it go.
    Pin,
    /// UTC, local time, or how far from the selected line.
    Clock,
    /// Show or hide the times.
    Times,
    /// Show lines as they were written, or what they say.
    Written,
    /// So many steps to the right; negative is to the left.
    Sideways(isize),
    /// Look through the lens of this name; an empty one is none.
    Lens(String),
    /// Look through the next or previous lens.
    TurnLens(Way),
    /// Only lines of the last so long; nothing is all that are held.
    Since(Option<SignedDuration>),
    /// Only lines like this.
    Filter(String),
    /// Look for what is typed instead of filtering by it, or the other way round.
    Flip,
}

/// A sort of lines that one can go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    Error,
    Warning,
    /// What is looked for.
    Match,
    Pin,
    /// The same request as the selected line's.
    Request,
}

/// A part of the error logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogsPart {
    #[default]
    Lines,
    /// Lines that are alike, counted together.
    Kinds,
    Pins,
    Streams,
}
