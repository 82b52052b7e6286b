//! The screens in the README are what the program prints.

use quarterdeck::staging::scenario;
use regex::Regex;

use crate::program::Home;

const README: &str = include_str!("../../README.md");
const COMMAND: &str = "$ quarterdeck demo ";

/// A screen without what differs from run to run: the clock, the folder's name, what a scan cost, and how fast answers were.
fn stable(screen: &str) -> String {
    let masks = [
        // What the strip sums up fails on while the frame is made.
        (r"demo +embedded[^\n]*", "strip"),
        // What clients are refused is looked at in the background meanwhile.
        (r"([▾▸] \S+/) +✗ \d+", "$1"),
        (r"file://\S+", "file:///demo"),
        (r"[\d,]+ requests?", "# requests"),
        (r"\d+ checks? found", "# checks found"),
        (r"(under )?[\d.]+ m?s\b", "# ms"),
        (r"[ ─]+", " "),
    ];
    masks.iter().fold(screen.trim_end().to_owned(), |text, (pattern, mask)| {
        Regex::new(pattern).unwrap().replace_all(&text, *mask).into_owned()
    })
}

#[test]
fn the_screens_of_the_readme_are_what_the_program_prints() {
    let blocks: Vec<_> =
        README.split("```console\n").filter_map(|block| block.strip_prefix(COMMAND)).collect();
    assert_eq!(blocks.len(), 3);
    for block in blocks {
        let (arguments, rest) = block.split_once('\n').unwrap();
        let shown = rest.split("\n```").next().unwrap();
        let mut words = vec!["demo"];
        match arguments.split_once(" --keys ") {
            Some((options, keys)) => {
                words.extend(options.split(' ').chain(["--keys", keys.trim_matches('\'')]));
            }
            None => words.extend(arguments.split(' ')),
        }
        let home = Home::new();
        let mut command = home.command(&words);
        command.env("LC_ALL", "C.UTF-8");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(stable(shown), stable(&printed), "{arguments}:\n{printed}");
    }
}

#[test]
fn the_readme_names_every_scenario_with_what_is_wrong() {
    let title = |name| scenario::find(name).unwrap().unwrap().title;
    let mut rows: Vec<_> = scenario::names().map(|name| format!("| `{name}` | {} |", title(name))).collect();
    rows.sort();
    let table = README.split("| `demo` … | what is wrong |\n|---|---|\n").nth(1).unwrap();
    let mut told: Vec<_> = table.lines().take_while(|line| line.starts_with('|')).collect();
    told.sort_unstable();
    assert_eq!(told, rows);
}
