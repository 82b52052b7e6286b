//! A terminal incident cockpit for whoever is on call for a container registry.
//!
//! This page is the map of the house: which rooms there are, how things travel between them, and where to add what.
//!
//! # How things travel
//!
//! Everything that happens is an [`event::Event`]. The screen is a function of the folded events. What we want done to
//! the world is an [`actions::Effect`], and what comes of it is an event again. There are three paths and no others:
//!
//! ```text
//! look:    source ─▶ fact ─▶ bus (number, time) ─▶ fold(State) ─▶ draw(&State, &mut View) ─▶ terminal
//! act:     key ─▶ keymap ─▶ intent ─▶ bus ─▶ fold ─▶ plan(&State, &Event) ─▶ effects ─▶ executor ─▶ facts, outcomes
//! replay:  recorded events ─▶ fold(State) ─▶ draw        (no plan and no executor: nothing can be done)
//! ```
//!
//! The loop ([`runtime`]) takes keys first, folds facts for at most 4 ms, then draws if anything changed. A key is
//! drawn at once, data at most 30 times a second, and a screen on which nothing changes writes nothing. The first
//! frame is drawn before any source is asked anything.
//!
//! [`state::fold`] never fails, reads no clock and does no IO: time arrives with the events. [`actions::plan()`] runs
//! after every fold and answers with effects, as data. [`ui::View`] holds scroll offsets and can be thrown away.
//! Whatever is selected is selected by what it stands for, never by its row number.
//!
//! # The rooms
//!
//! | room | what it is for | may use, besides `model` |
//! |---|---|---|
//! | [`model`] | words that all share: subject, finding, severity; and the one function that makes outside text safe | – |
//! | [`bus`] | lanes that wait, keep the newest, or count what they drop; stamping; taps | – |
//! | [`config`] | profiles: load, merge, validate, all mistakes at once | registry |
//! | [`registry`] | what a registry is made of, as pure functions: names, layout, manifests, chain, checks | – |
//! | [`logs`] | what log lines say, as pure functions: reading, what they are about, which are alike | registry |
//! | [`storage`] | object stores: one contract, its drivers and layers; knows nothing of registries | – |
//! | [`sources`] | what watches the world: client, facts and picture of each | logs, registry, storage |
//! | [`event`] | the closed vocabulary of the bus | facts of sources |
//! | [`diagnosis`] | joins what the sources saw into conclusions, purely | pictures of sources, registry |
//! | [`runbook`] | walkthroughs in Markdown: what they say, how each step stands, how far somebody came | diagnosis, registry |
//! | [`state`] | everything the screen shows, and the fold | event, diagnosis, runbook, pictures of sources, registry |
//! | [`actions`] | verbs and commands as tables, and the plan | state, event |
//! | [`proposals`] | works out what a writing verb would do; reads only, one file for each verb | registry, storage, sources |
//! | [`execution`] | carries effects out, a few at a time, cancellable; deeds, journal, backups | effects, proposals, source clients, storage |
//! | [`ui`] | draws, and turns keys into intents | state, event, tables of actions |
//! | [`staging`] | an embedded registry environment for demonstrations and tests: trees, and servers on loopback | registry, storage |
//! | [`cli`] | one file per subcommand | what it calls |
//! | [`runtime`] | the loop, the wiring, the terminal; the only place that names concrete drivers | all |
//!
//! `tests/architecture.rs` holds the code against this table.
//!
//! # Where to add what
//!
//! | to add | write | and a row in |
//! |---|---|---|
//! | a panel | `src/ui/panels/<name>.rs` | `ui::panels::PANELS`, and a [`event::PanelId`] |
//! | a key | – | [`ui::keymap::KEYMAP`]; help and key bar follow |
//! | a command after `:` | – | [`actions::commands::COMMANDS`] |
//! | a verb | its intent, if it needs a new one | [`actions::verbs::VERBS`]; menu, help and key bar follow |
//! | a verb that writes | `src/proposals/<verb>.rs` | `proposals::RECIPES`, and [`actions::verbs::VERBS`] |
//! | work for the executor | an [`actions::Work`] and its case in `execution::work` | – |
//! | a source | `src/sources/<name>/` with `facts` and `picture` | [`event::Fact`], [`state::State`] |
//! | a format of log lines | `src/logs/read/<format>.rs` | `FORMATS` in `logs::read` |
//! | a lens on log lines | – | [`logs::LENSES`] |
//! | a cause of repeated requests | – | `CAUSES` in [`diagnosis::storm`] |
//! | a runbook | `assets/runbooks/<name>.md` | `FILES` in `runbook::shelf` |
//! | a rule | `src/diagnosis/rules/<id>.rs` | [`diagnosis::rules::RULES`], and a scenario that plays it |
//! | a storage check | `src/registry/checks/<family>.rs` | `registry::checks::FAMILIES` |
//! | a storage driver | `src/storage/<name>/`, held against the conformance suite | [`runtime::stores::open`] |
//! | a theme | `assets/themes/<name>.toml` | `ui::theme::THEMES` |
//! | a scenario | `assets/scenarios/<name>.toml` | `FILES` in `staging::scenario` |

pub mod actions;
pub mod bus;
pub mod cli;
pub mod config;
pub mod diagnosis;
pub mod event;
pub mod execution;
pub mod logs;
pub mod model;
pub mod proposals;
pub mod registry;
pub mod runbook;
pub mod runtime;
pub mod sources;
pub mod staging;
pub mod state;
pub mod storage;
pub mod ui;
