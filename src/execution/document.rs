//! The one document that somebody reads: fetched page by page until it ends or nobody reads it any more.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::Tools;
use crate::bus::Lossless;
use crate::event::{Event, Outcome};
use crate::model::{Page, Question};

/// Fetches a document as a stream of pages; a stream that ends without [`Page::End`] has ended all the same.
pub type Consultant = Arc<dyn Fn(Question) -> BoxStream<'static, Page> + Send + Sync>;

/// The document that is being read.
pub struct Reading {
    outbox: Lossless<Event>,
    task: Option<AbortHandle>,
}

impl Reading {
    /// None so far.
    pub const fn new(outbox: Lossless<Event>) -> Self {
        Self { outbox, task: None }
    }

    /// Opens a document in place of the one before. It counts in `load` until its first page.
    pub fn open(&mut self, tools: &Tools, ticket: u64, question: Question, load: &watch::Sender<usize>) {
        self.close();
        let pages = match &tools.consult {
            Some(consult) => consult(question),
            None => futures::stream::iter([Page::Failed("there is nobody to ask".to_owned())]).boxed(),
        };
        let counted = Counted(load.clone());
        let task = tokio::spawn(read(pages, ticket, self.outbox.clone(), counted));
        self.task = Some(task.abort_handle());
    }

    /// Nobody reads it any more.
    pub fn close(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.close();
    }
}

/// A place in the load, given back when it is dropped: at the first page, or when the reading is cut short.
struct Counted(watch::Sender<usize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|load| *load = load.saturating_sub(1));
    }
}

async fn read(mut pages: BoxStream<'static, Page>, ticket: u64, outbox: Lossless<Event>, counted: Counted) {
    let mut counted = Some(counted);
    while let Some(page) = pages.next().await {
        // Nobody listens any more when the program is ending.
        let _ = outbox.send(Event::Outcome(Outcome::Read { ticket, page })).await;
        counted = None;
    }
    drop(counted);
}
