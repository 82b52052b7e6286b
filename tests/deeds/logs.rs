//! Log files of this host that are emptied where they lie, while somebody writes to them.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use quarterdeck::execution::deeds::Deeds;
use quarterdeck::model::{About, Ending, Order, Proposal, StepOutcome, Subject, Target, demand};
use quarterdeck::proposals::NoProposal;
use quarterdeck::registry::repair::{commands, undone_by};
use quarterdeck::storage::Nowhere;
use tempfile::TempDir;

use crate::place::{carry_out, deeds_on, scratch};

struct Host {
    deeds: Deeds,
    folder: TempDir,
    _state: TempDir,
}

impl Host {
    fn new() -> Self {
        let (folder, state) = (scratch(), scratch());
        let deeds = deeds_on(Arc::new(Nowhere::default()), state.path().join("state"));
        Self { deeds, folder, _state: state }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("registry-json.log")
    }

    async fn propose(&self, path: &str) -> Result<Proposal, NoProposal> {
        let target = Target { subject: Subject::LogFile(path.to_owned()), object: None };
        let order = Order { verb: "truncate-log", targets: vec![target] };
        self.deeds.propose(&Nowhere::default(), &order, None).await
    }

    async fn proposal(&self) -> Proposal {
        self.propose(self.path().to_str().unwrap()).await.unwrap()
    }

    async fn refusal(&self, path: &str) -> String {
        self.propose(path).await.unwrap_err().to_string()
    }
}

/// A program that has a log open and appends each line that it is told, saying when it has.
struct Writer {
    child: Child,
    lines: Option<ChildStdin>,
    told: BufReader<ChildStdout>,
}

impl Writer {
    fn start(log: &PathBuf) -> Self {
        let script = "exec 3>>\"$0\"; while read -r line; do echo \"$line\" >&3; echo done; done";
        let mut child = Command::new("sh")
            .args(["-c", script])
            .arg(log)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (lines, told) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, lines, told }
    }

    fn write(&mut self, line: &str) {
        writeln!(self.lines.as_mut().unwrap(), "{line}").unwrap();
        let mut told = String::new();
        self.told.read_line(&mut told).unwrap();
        assert_eq!(told, "done\n");
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.lines = None;
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_log_is_emptied_under_the_hands_of_its_writer_who_goes_on() {
    let host = Host::new();
    fs::write(host.path(), vec![b'x'; 3 << 20]).unwrap();
    let mut writer = Writer::start(&host.path());
    writer.write("before");
    let inode = fs::metadata(host.path()).unwrap().ino();
    let proposal = host.proposal().await;
    let item = &proposal.items[0];
    assert!(item.before.starts_with("3 MiB in the file; "), "{}", item.before);
    assert!(item.mind[0].contains("CANNOT be taken back"), "{:?}", item.mind);
    assert_eq!(commands(&proposal), [format!("truncate -s 0 {}", host.path().display())]);
    assert!(undone_by(&proposal).contains("nothing takes it back"));
    assert_eq!(demand(&proposal).line(), "registry-json.log");
    // It grows between the proposal and the deed; that is what logs do.
    writer.write("between");
    let done = carry_out(&host.deeds, proposal).await;
    assert_eq!(done.ending, Ending::Done, "{done:?}");
    assert_eq!(done.steps[0].1, StepOutcome::Done { version: None });
    assert!(done.proofs[0].before.starts_with("3 MiB in it"), "{:?}", done.proofs);
    assert!(done.proofs[0].after.as_ref().unwrap().starts_with("0 bytes in it"), "{:?}", done.proofs);
    writer.write("after");
    let about = fs::metadata(host.path()).unwrap();
    let mut text = String::new();
    File::open(host.path()).unwrap().read_to_string(&mut text).unwrap();
    // The same file, without a hole.
    assert_eq!((about.ino(), text.as_str(), about.len()), (inode, "after\n", 6));
}

#[tokio::test]
async fn what_is_lost_cannot_be_taken_back_and_an_undo_says_so() {
    let host = Host::new();
    fs::write(host.path(), "lines\n").unwrap();
    let done = carry_out(&host.deeds, host.proposal().await).await;
    let undo = host.deeds.propose_from(&Nowhere::default(), &About::Undo(done.entry.unwrap())).await;
    let said = match undo {
        Ok(proposal) => {
            assert_eq!(proposal.steps().count(), 0, "{proposal:?}");
            proposal.items[0].mind.join("; ")
        }
        Err(why) => why.to_string(),
    };
    assert!(said.contains("cannot come back"), "{said}");
}

#[tokio::test]
async fn a_log_that_was_rotated_since_is_left_alone() {
    let host = Host::new();
    fs::write(host.path(), "old\n").unwrap();
    let proposal = host.proposal().await;
    fs::rename(host.path(), host.folder.path().join("rotated")).unwrap();
    fs::write(host.path(), "new\n").unwrap();
    let done = carry_out(&host.deeds, proposal).await;
    assert!(matches!(&done.ending, Ending::Changed { why } if why.contains("rotated since")), "{done:?}");
    assert_eq!(fs::read_to_string(host.path()).unwrap(), "new\n");
    assert_eq!(fs::read_to_string(host.folder.path().join("rotated")).unwrap(), "old\n");
}

#[tokio::test]
async fn a_link_put_in_the_place_of_the_log_leads_nowhere() {
    let host = Host::new();
    fs::write(host.path(), "log\n").unwrap();
    let proposal = host.proposal().await;
    let precious = host.folder.path().join("precious");
    fs::write(&precious, "precious\n").unwrap();
    fs::remove_file(host.path()).unwrap();
    symlink(&precious, host.path()).unwrap();
    let done = carry_out(&host.deeds, proposal).await;
    assert!(matches!(done.ending, Ending::Failed { .. }), "{done:?}");
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious\n");
}

#[tokio::test]
async fn only_a_regular_file_that_holds_something_is_emptied() {
    let host = Host::new();
    let folder = host.folder.path().display().to_string();
    assert!(host.refusal(&folder).await.contains("no regular file"));
    assert!(host.refusal(host.path().to_str().unwrap()).await.contains("cannot be looked at"));
    fs::write(host.path(), "").unwrap();
    assert!(host.refusal(host.path().to_str().unwrap()).await.contains("empty already"));
    OpenOptions::new().append(true).open(host.path()).unwrap().write_all(b"x").unwrap();
    symlink(host.path(), host.folder.path().join("link")).unwrap();
    let said = host.refusal(&format!("{folder}/link")).await;
    assert!(said.contains("is a link; follow the file itself"), "{said}");
}
