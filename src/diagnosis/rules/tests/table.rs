//! The table of the rules holds together.

use std::collections::BTreeSet;

use crate::diagnosis::rules::{RULES, Rule, rule};
use crate::diagnosis::world::*;

#[test]
fn ids_are_unique_and_in_kebab_case_and_every_rule_says_what_it_is_and_where_to_go_on() {
    let mut ids = BTreeSet::new();
    for Rule { id, sentence, step, .. } in RULES {
        assert!(ids.insert(id), "{id} is there twice");
        let is_kebab = id.split('-').all(|part| {
            !part.is_empty()
                && part.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
        });
        assert!(is_kebab, "{id}");
        assert!(!sentence.is_empty() && !sentence.ends_with('.'), "{id}: {sentence}");
        assert!(
            step.split_once('#').is_some_and(|(book, step)| !book.is_empty() && !step.is_empty()),
            "{id}: {step}"
        );
    }
}

#[test]
fn no_rule_explains_itself_by_any_way() {
    for start in RULES {
        let (mut seen, mut next) = (BTreeSet::new(), start.explains.to_vec());
        while let Some(id) = next.pop() {
            assert_ne!(id, start.id, "{} leads back to itself", start.id);
            if seen.insert(id) {
                next.extend(rule(id).into_iter().flat_map(|rule| rule.explains));
            }
        }
    }
}

#[test]
fn every_rule_explains_only_rules_that_there_are() {
    for rule in RULES {
        for id in rule.explains {
            assert!(self::rule(id).is_some(), "{} explains {id}, which is no rule", rule.id);
        }
    }
}

#[test]
fn every_verb_of_a_finding_is_one_of_the_verbs() {
    let all = [
        World::watched().pods(vec![crashing(0, 4), pending(1, "Init:0/1", 900), unready(2, 900)]),
        World::healthy(2).slice(Vec::new()).baseline(9),
    ];
    let servers =
        [backed("a", "DOWN", INGRESS), backed("b", "DOWN", "192.0.2.1"), backed("c", "DRAIN", "10.0.0.1")];
    for world in all.map(|world| world.instance("fe-01", &servers, 0)) {
        let diagnosis = world.diagnosis();
        assert!(diagnosis.findings().count() > 2);
        for finding in diagnosis.findings() {
            for verb in &finding.verbs {
                assert!(crate::actions::verbs::find(verb).is_some(), "{}: {verb}", finding.rule);
            }
        }
    }
}

/// What findings advise, and what each advice has to name if it names a key or a command: these are written in the
/// sources of the rules.
const SOURCES: [&str; 4] = [
    include_str!("../errors_spread.rs"),
    include_str!("../few_tags_fail.rs"),
    include_str!("../pods_throw_errors.rs"),
    include_str!("../broken_images.rs"),
];

#[test]
fn every_command_and_lens_that_an_advice_names_is_there() {
    let (mut commands, mut lenses) = (0, 0);
    let literals = SOURCES.iter().flat_map(|source| source.split('"').skip(1).step_by(2));
    for literal in literals {
        for (at, _) in literal.match_indices(':') {
            let before = literal[..at].chars().last();
            let word: String = literal[at + 1..].chars().take_while(char::is_ascii_lowercase).collect();
            if word.is_empty() || !matches!(before, None | Some(' ' | '(')) {
                continue;
            }
            assert!(crate::actions::commands::find(&word).is_some(), "{literal}: no command :{word}");
            commands += 1;
            if let Some(rest) = literal[at..].strip_prefix(":lens ") {
                let is_lens = |lens: &crate::logs::Lens| rest.starts_with(lens.name);
                assert!(crate::logs::LENSES.iter().any(is_lens), "{literal}");
                lenses += 1;
            }
        }
    }
    assert!(commands >= 2 && lenses >= 2, "{commands} {lenses}");
}
