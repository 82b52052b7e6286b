//! From Markdown to a runbook, with every mistake at once.

use std::collections::BTreeMap;

use super::block::{AIMS, Aim, Block, Branch, Check, On, Place};
use super::fill::{NAMES, unknown_names};
use super::mistake::Mistake;
use super::page::{Runbook, Step, anchor};
use crate::model::nearest;

/// What a runbook may name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// Ids of rules.
    pub checks: &'a [&'a str],
    /// Ids of verbs.
    pub verbs: &'a [&'a str],
}

/// Reads a runbook; `file` is what mistakes call it, and its name without `.md` is the runbook's id. Steps of other
/// runbooks that it names are not looked for.
///
/// # Errors
///
/// All that is wrong with it, by line.
pub fn parse(text: &str, file: &str, known: &Known<'_>) -> Result<Runbook, Vec<Mistake>> {
    let mut reader = Reader::new(file, known);
    for (number, line) in text.lines().enumerate() {
        reader.line(number + 1, line.trim_end());
    }
    reader.end()
}

/// The id of the runbook in a file.
pub fn id_of(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.strip_suffix(".md").unwrap_or(name).to_owned()
}

/// An open fence.
struct Fence {
    sign: char,
    length: usize,
    indent: usize,
    info: String,
    line: usize,
    body: Vec<String>,
}

struct Reader<'a> {
    file: &'a str,
    known: &'a Known<'a>,
    title: Option<String>,
    intro: Vec<Block>,
    steps: Vec<Step>,
    text: Vec<String>,
    fence: Option<Fence>,
    in_comment: bool,
    mistakes: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    fn new(file: &'a str, known: &'a Known<'a>) -> Self {
        Self {
            file,
            known,
            title: None,
            intro: Vec::new(),
            steps: Vec::new(),
            text: Vec::new(),
            fence: None,
            in_comment: false,
            mistakes: Vec::new(),
        }
    }

    fn wrong(&mut self, line: usize, what: impl Into<String>, hint: impl Into<String>) {
        let (file, what, hint) = (self.file.to_owned(), what.into(), hint.into());
        self.mistakes.push(Mistake { file, line, what, hint });
    }

    fn line(&mut self, number: usize, line: &str) {
        if let Some(fence) = &mut self.fence {
            if closes(fence, line) {
                return self.close();
            }
            let blanks = line.len() - line.trim_start_matches(' ').len();
            fence.body.push(line[blanks.min(fence.indent)..].to_owned());
            return;
        }
        if self.in_comment || line.trim_start().starts_with("<!--") {
            self.in_comment = !line.contains("-->");
            return;
        }
        if let Some(fence) = opens(number, line) {
            self.settle_text();
            self.fence = Some(fence);
            return;
        }
        match heading(line) {
            Some((1, words)) => self.title(number, words),
            Some((depth @ (2 | 3), words)) => self.step(number, depth - 1, words),
            Some(_) | None => self.text.push(line.to_owned()),
        }
    }

    fn title(&mut self, line: usize, words: &str) {
        self.settle_text();
        if self.title.is_some() {
            return self.wrong(line, "a second title", "a step begins with ##");
        }
        if words.is_empty() {
            self.wrong(line, "the title is empty", "");
        }
        self.title = Some(words.to_owned());
    }

    fn step(&mut self, line: usize, depth: u8, words: &str) {
        self.settle_text();
        let anchor = anchor(words);
        if anchor.is_empty() {
            self.wrong(line, "a heading without a word", "other steps name it by its words");
        } else if let Some(first) = self.steps.iter().find(|step| step.anchor == anchor) {
            let first = first.line;
            self.wrong(
                line,
                format!("a second step with the anchor #{anchor}"),
                format!("the first one is in line {first}; use other words"),
            );
        }
        self.steps.push(Step { anchor, heading: words.to_owned(), depth, line, body: Vec::new() });
    }

    fn put(&mut self, block: Block) {
        self.steps.last_mut().map_or(&mut self.intro, |step| &mut step.body).push(block);
    }

    fn settle_text(&mut self) {
        let text = self.text.join("\n");
        self.text.clear();
        // Blanks before the first word of a line may mean something: that it belongs to a list.
        let text = text.trim_end().trim_start_matches('\n');
        if !text.is_empty() {
            self.put(Block::Text(text.to_owned()));
        }
    }

    fn close(&mut self) {
        let Some(fence) = self.fence.take() else { return };
        let mut words = fence.info.split_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("check"), rule, extra, _) => self.check(&fence, rule, extra),
            (Some("verb"), verb, aim, extra) => self.verb(&fence, verb, aim, extra),
            _ => self.command(fence),
        }
    }

    fn command(&mut self, fence: Fence) {
        for (number, line) in fence.body.iter().enumerate() {
            for name in unknown_names(line) {
                let near = nearest(name, NAMES.iter().copied()).map_or_else(
                    || format!("known are {}; plain braces are written {{{{ and }}}}", NAMES.join(", ")),
                    |near| format!("did you mean {{{near}}}?"),
                );
                self.wrong(fence.line + 1 + number, format!("nothing is known as {{{name}}}"), near);
            }
        }
        self.put(Block::Command { language: fence.info, text: fence.body.join("\n") });
    }

    fn check(&mut self, fence: &Fence, rule: Option<&str>, extra: Option<&str>) {
        let line = fence.line;
        let Some(rule) = rule else {
            return self.wrong(line, "a check without a name", "write check and the name of one");
        };
        if let Some(extra) = extra {
            self.wrong(line, format!("{extra:?} after the name of the check"), "a check has only a name");
        }
        self.name(line, "check", rule, self.known.checks);
        if self.steps.is_empty() {
            self.wrong(line, "a check before the first step", "put it below a ## heading");
        }
        let branches = self.branches(fence);
        self.put(Block::Check(Check { rule: rule.to_owned(), branches }));
    }

    /// That a name is known; what was probably meant if it is not.
    fn name(&mut self, line: usize, kind: &str, name: &str, known: &[&str]) {
        if !known.contains(&name) {
            let hint = nearest(name, known.iter().copied());
            let hint = hint.map_or_else(String::new, |near| format!("did you mean {near}?"));
            self.wrong(line, format!("unknown {kind} {name}"), hint);
        }
    }

    fn branches(&mut self, fence: &Fence) -> Vec<Branch> {
        let mut branches: Vec<Branch> = Vec::new();
        for (number, text) in fence.body.iter().enumerate() {
            let line = fence.line + 1 + number;
            if text.trim().is_empty() {
                continue;
            }
            match branch(text.trim(), line) {
                None => self.wrong(
                    line,
                    format!("{:?} says nowhere to go on", text.trim()),
                    "write fires:, clear: or unknown:, then #anchor or other-runbook#anchor",
                ),
                Some(branch) if branches.iter().any(|other| other.on == branch.on) => {
                    self.wrong(line, format!("a second {}:", branch.on.word()), "one of them is enough");
                }
                Some(branch) => branches.push(branch),
            }
        }
        branches
    }

    fn verb(&mut self, fence: &Fence, verb: Option<&str>, aim: Option<&str>, extra: Option<&str>) {
        let line = fence.line;
        let Some(verb) = verb else {
            return self.wrong(line, "a verb without a name", "write verb, its name, and what it is for");
        };
        self.name(line, "verb", verb, self.known.verbs);
        if let Some(extra) = extra {
            self.wrong(line, format!("{extra:?} after what the verb is for"), "");
        }
        let found = aim.and_then(Aim::parse);
        let Some(aim) = found else {
            let what = aim.map_or_else(
                || "what the verb is for is missing".to_owned(),
                |aim| format!("{aim:?} is nothing that a verb could be for"),
            );
            return self.wrong(line, what, format!("it is one of {AIMS}"));
        };
        if self.steps.is_empty() {
            self.wrong(line, "a verb before the first step", "put it below a ## heading");
        }
        if self.steps.last().is_some_and(|step| step.verbs().any(|(id, _)| id == verb)) {
            self.wrong(
                line,
                format!("a second {verb} in this step"),
                "give each thing that it is for its own step",
            );
        }
        let when: Vec<_> =
            fence.body.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
        self.put(Block::Verb { verb: verb.to_owned(), aim, when: when.join(" ") });
    }

    fn end(mut self) -> Result<Runbook, Vec<Mistake>> {
        if let Some(fence) = self.fence.take() {
            let end = fence.sign.to_string().repeat(fence.length);
            self.wrong(fence.line, "the block that begins here has no end", format!("end it with {end}"));
        }
        self.settle_text();
        if self.title.is_none() {
            self.wrong(1, "no title", "begin with # and the title");
        }
        if self.steps.is_empty() && self.mistakes.is_empty() {
            self.wrong(1, "no step", "each ## heading is one");
        }
        self.targets();
        self.mistakes.sort_by_key(|mistake| mistake.line);
        let id = id_of(self.file);
        match (self.title, self.mistakes.is_empty()) {
            (Some(title), true) => Ok(Runbook { id, title, intro: self.intro, steps: self.steps }),
            (_, _) => Err(self.mistakes),
        }
    }

    /// That the steps of this runbook where branches lead are there.
    fn targets(&mut self) {
        let own = id_of(self.file);
        let anchors: Vec<_> = self.steps.iter().map(|step| step.anchor.clone()).collect();
        let mut missing = BTreeMap::new();
        for branch in self.steps.iter().flat_map(Step::checks).flat_map(|check| &check.branches) {
            let place = &branch.to;
            let here = place.runbook.is_empty() || place.runbook == own;
            if here && !place.anchor.is_empty() && !anchors.contains(&place.anchor) {
                missing.insert(branch.line, place.anchor.clone());
            }
        }
        for (line, target) in missing {
            let near = nearest(&target, anchors.iter().map(String::as_str));
            let hint = near.map_or_else(String::new, |near| format!("did you mean #{near}?"));
            self.wrong(line, format!("there is no step #{target} here"), hint);
        }
    }
}

/// The fence that a line opens.
fn opens(number: usize, line: &str) -> Option<Fence> {
    let text = line.trim_start_matches(' ');
    let sign = text.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
    let length = text.len() - text.trim_start_matches(sign).len();
    let info = text[length..].trim();
    // With a backtick among the words it is code within a line.
    if length < 3 || (sign == '`' && info.contains('`')) {
        return None;
    }
    let (indent, info) = (line.len() - text.len(), info.to_owned());
    Some(Fence { sign, length, indent, info, line: number, body: Vec::new() })
}

fn closes(fence: &Fence, line: &str) -> bool {
    let text = line.trim();
    text.chars().all(|letter| letter == fence.sign) && text.len() >= fence.length
}

/// How deep a heading is, and its words.
fn heading(line: &str) -> Option<(u8, &str)> {
    let text = line.trim_start_matches(' ');
    let marks = text.len() - text.trim_start_matches('#').len();
    let rest = &text[marks..];
    let is_heading = line.len() - text.len() <= 3 && (rest.is_empty() || rest.starts_with([' ', '\t']));
    let depth = u8::try_from(marks).ok().filter(|depth| (1..=6).contains(depth) && is_heading)?;
    let words = rest.trim();
    // Marks that close a heading stand apart from its words.
    let bare = words.trim_end_matches('#');
    let closed = bare.is_empty() || bare.ends_with([' ', '\t']);
    Some((depth, if closed { bare.trim_end() } else { words }))
}

/// `fires: #anchor because …`
fn branch(text: &str, line: usize) -> Option<Branch> {
    let (word, rest) = text.split_once(':')?;
    let on = On::ALL.into_iter().find(|on| on.word() == word.trim())?;
    let (target, because) = match rest.trim().split_once(char::is_whitespace) {
        None => (rest.trim(), ""),
        Some((target, rest)) => (target, rest.trim_start().strip_prefix("because ")?.trim()),
    };
    let to = Place::parse(target);
    let is_place = !target.is_empty() && target != "#" && anchor(&to.anchor) == to.anchor;
    is_place.then(|| Branch { on, to, because: because.to_owned(), line })
}
