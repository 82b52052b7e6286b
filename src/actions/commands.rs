//! The commands that can be typed after `:`, one row each.

use jiff::SignedDuration;

use super::writing::SPAN;
use crate::event::{Intent, LogsPart, LogsWish, PanelId, TerminalWish};
use crate::registry::reference::Reference;

/// One command.
pub struct Command {
    /// The word, then its other names.
    pub names: &'static [&'static str],
    /// What follows the word; empty for nothing.
    pub argument: &'static str,
    pub title: &'static str,
    /// The arguments to complete, if they can be listed.
    pub choices: &'static [&'static str],
    intent: fn(&str) -> Result<Intent, String>,
}

/// The longest that a session is armed for: a shift.
const LONGEST: SignedDuration = SignedDuration::from_hours(8);
const NO_SPAN: &str = "Say how long, from 1s to 8h: :write 10m, or :write off";

const NO_SINCE: &str = "Say since how long: :since 5m, :since 1h, or :since off";

/// The themes that come with the program.
pub const THEMES: &[&str] = &["dark", "light", "mono"];

/// All commands, in the order of the help.
pub const COMMANDS: &[Command] = &[
    Command {
        names: &["tag", "t"],
        argument: "group/project:v1",
        title: "Go straight to a tag",
        choices: &[],
        intent: reference,
    },
    Command {
        names: &["uri"],
        argument: "/v2/…/manifests/v1",
        title: "Go to what a request or log line was about",
        choices: &[],
        intent: reference,
    },
    Command {
        names: &["overview", "pulses", "pu"],
        argument: "",
        title: "The overview",
        choices: &[],
        intent: |_| Ok(Intent::Panel(PanelId::Overview)),
    },
    Command {
        names: &["pods", "po", "pod"],
        argument: "",
        title: "The registry's pods",
        choices: &[],
        intent: |_| Ok(Intent::Panel(PanelId::Pods)),
    },
    Command {
        names: &["endpoints", "ep", "svc", "service"],
        argument: "",
        title: "The service's addresses against its pods",
        choices: &[],
        intent: |_| Ok(Intent::Panel(PanelId::Endpoints)),
    },
    Command {
        names: &["lb", "balancers", "haproxy"],
        argument: "",
        title: "The load balancers and their servers",
        choices: &[],
        intent: |_| Ok(Intent::Panel(PanelId::Balancers)),
    },
    Command {
        names: &["log", "logs"],
        argument: "",
        title: "The error logs of everything on the way of a pull",
        choices: &[],
        intent: |_| Ok(Intent::Panel(PanelId::Logs)),
    },
    Command {
        names: &["since"],
        argument: "5m|1h|off",
        title: "Only log lines of the last so long",
        choices: &["5m", "15m", "1h", "off"],
        intent: since,
    },
    Command {
        names: &["filter"],
        argument: "EXPRESSION",
        title: "Only log lines like this; nothing shows all",
        choices: &[],
        intent: |text| Ok(Intent::Logs(LogsWish::Filter(text.to_owned()))),
    },
    Command {
        names: &["lens"],
        argument: "NAME|off",
        title: "Look at the logs through a lens",
        choices: &["bad tags", "storage", "auth", "slow", "off"],
        intent: |text| Ok(Intent::Logs(LogsWish::Lens(text.to_owned()))),
    },
    Command {
        names: &["alike"],
        argument: "",
        title: "Log lines that are alike, counted together",
        choices: &[],
        intent: |_| Ok(Intent::Logs(LogsWish::Part(LogsPart::Kinds))),
    },
    Command {
        names: &["pins"],
        argument: "",
        title: "The log lines that were pinned",
        choices: &[],
        intent: |_| Ok(Intent::Logs(LogsWish::Part(LogsPart::Pins))),
    },
    Command {
        names: &["streams"],
        argument: "",
        title: "How each stream of logs stands",
        choices: &[],
        intent: |_| Ok(Intent::Logs(LogsWish::Part(LogsPart::Streams))),
    },
    Command {
        names: &["bucket", "b"],
        argument: "",
        title: "The bucket's tree",
        choices: &[],
        intent: |_| Ok(Intent::Panel(PanelId::Bucket)),
    },
    Command {
        names: &["runbook", "rb"],
        argument: "NAME#STEP",
        title: "The runbooks, or a step of one",
        choices: &[],
        intent: |text| match text {
            "" => Ok(Intent::Panel(PanelId::Runbook)),
            step => Ok(Intent::OpenRunbook { step: step.to_owned() }),
        },
    },
    Command {
        names: &["faults"],
        argument: "",
        title: "Only what is broken or could not be read, or everything",
        choices: &[],
        intent: |_| Ok(Intent::FaultsOnly),
    },
    Command {
        names: &["undo", "journal"],
        argument: "",
        title: "What was done earlier, to take it back or to finish it",
        choices: &[],
        intent: |_| Ok(Intent::Recall),
    },
    Command {
        names: &["write"],
        argument: "10m|off [NAME]",
        title: "Let this session write for a while, or make it read-only",
        choices: &["10m", "off"],
        intent: write,
    },
    Command {
        names: &["weight"],
        argument: "50|+10|-10|configured",
        title: "Give the selected server another weight: shows it, and asks",
        choices: &["configured"],
        intent: |text| Ok(Intent::Weigh(text.to_owned())),
    },
    Command {
        names: &["refresh"],
        argument: "",
        title: "List the selected level again",
        choices: &[],
        intent: |_| Ok(Intent::Refresh),
    },
    Command {
        names: &["lines"],
        argument: "",
        title: "Leave the screen and print its lines for copying",
        choices: &[],
        intent: |_| Ok(Intent::Terminal(TerminalWish::PlainLines)),
    },
    Command {
        names: &["mouse"],
        argument: "",
        title: "Take the mouse, or give it back to the terminal",
        choices: &[],
        intent: |_| Ok(Intent::Terminal(TerminalWish::Mouse)),
    },
    Command {
        names: &["theme", "skin"],
        argument: "dark|light|mono",
        title: "Change the colours",
        choices: THEMES,
        intent: theme,
    },
    Command {
        names: &["staging"],
        argument: "",
        title: "How the demonstration can be asked from another terminal",
        choices: &[],
        intent: |_| Ok(Intent::Staging),
    },
    Command {
        names: &["help", "h"],
        argument: "",
        title: "The keys and commands that are valid now",
        choices: &[],
        intent: |_| Ok(Intent::Help),
    },
    Command {
        names: &["q", "q!", "quit", "exit"],
        argument: "",
        title: "Leave",
        choices: &[],
        intent: |_| Ok(Intent::Quit),
    },
];

/// What a typed command wants, or what is wrong with it.
pub fn parse(text: &str) -> Result<Intent, String> {
    let (word, rest) = split(text);
    if word.is_empty() {
        return Err("Type a command; Tab lists them.".to_owned());
    }
    // What is pasted after `:` is most often the very thing to look at.
    let found = find(word).ok_or_else(|| unknown(word));
    match found {
        Ok(command) => (command.intent)(rest),
        Err(_) if looks_like_reference(word) => reference(text),
        Err(why) => Err(why),
    }
}

/// The texts that could be meant, best first; each can be put in place of what was typed.
pub fn complete(text: &str) -> Vec<String> {
    let (word, rest) = split(text);
    if let (true, Some(command)) = (text.contains(' '), find(word)) {
        let fits = command.choices.iter().filter(|choice| choice.starts_with(rest));
        return fits.map(|choice| format!("{word} {choice}")).collect();
    }
    let names =
        COMMANDS.iter().filter_map(|command| command.names.iter().find(|name| name.starts_with(word)));
    names.map(|name| (*name).to_owned()).collect()
}

/// The command of this name.
pub fn find(word: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.names.contains(&word))
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_once(' ').map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

fn unknown(word: &str) -> String {
    let near = COMMANDS
        .iter()
        .map(|command| command.names[0])
        .find(|name| name.chars().next() == word.chars().next());
    let hint = near.map_or_else(String::new, |name| format!(" Did you mean :{name}?"));
    format!("There is no command :{word}.{hint} :help lists them.")
}

fn looks_like_reference(word: &str) -> bool {
    word.contains(['/', ':', '@'])
}

fn reference(text: &str) -> Result<Intent, String> {
    if text.is_empty() {
        return Err("Say which: :tag group/project:v1, or :uri /v2/group/project/manifests/v1".to_owned());
    }
    Reference::parse(text).map(Intent::Goto).map_err(|error| error.to_string())
}

/// `10m`, `off`, `10m gprd`; nothing is ten minutes.
fn write(text: &str) -> Result<Intent, String> {
    let (span, name) = text.split_once(' ').map_or((text, ""), |(span, name)| (span, name.trim()));
    let name = (!name.is_empty()).then(|| name.to_owned());
    let span = match span {
        "off" => return Ok(Intent::Disarm),
        "" => SPAN,
        span => span.parse::<SignedDuration>().map_err(|_| NO_SPAN.to_owned())?,
    };
    if span < SignedDuration::from_secs(1) || span > LONGEST {
        return Err(NO_SPAN.to_owned());
    }
    Ok(Intent::Arm { span, name })
}

/// `5m`; `off` and nothing are all.
fn since(text: &str) -> Result<Intent, String> {
    let span = match text {
        "" | "off" => None,
        text => Some(text.parse::<SignedDuration>().map_err(|_| NO_SINCE.to_owned())?),
    };
    match span.filter(|span| *span <= SignedDuration::ZERO) {
        Some(_) => Err(NO_SINCE.to_owned()),
        None => Ok(Intent::Logs(LogsWish::Since(span))),
    }
}

fn theme(name: &str) -> Result<Intent, String> {
    if THEMES.contains(&name) {
        return Ok(Intent::Theme(name.to_owned()));
    }
    Err(format!("There is no theme {name:?}; there are {}.", THEMES.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_pasted_references_are_understood() {
        for (text, expected) in [
            ("q", Ok(Intent::Quit)),
            ("  theme mono ", Ok(Intent::Theme("mono".into()))),
            ("bucket", Ok(Intent::Panel(PanelId::Bucket))),
            ("write", Ok(Intent::Arm { span: SPAN, name: None })),
            (
                "write 90s gprd",
                Ok(Intent::Arm { span: SignedDuration::from_secs(90), name: Some("gprd".into()) }),
            ),
            ("write off", Ok(Intent::Disarm)),
            ("undo", Ok(Intent::Recall)),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        for text in
            ["tag g/p:v1", "uri /v2/g/p/manifests/v1", "g/p:v1", "https://r.example/v2/g/p/manifests/v1"]
        {
            let Ok(Intent::Goto(reference)) = parse(text) else { panic!("{text} is no reference") };
            assert_eq!(reference.api_path(), "/v2/g/p/manifests/v1", "{text}");
        }
        for (text, part) in [
            ("", "Tab lists"),
            ("thme", "Did you mean :t"),
            ("tag", "Say which"),
            ("theme pink", "dark"),
            ("write 9h", "8h"),
            ("write -1m", "8h"),
            ("write soon", "8h"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn completion_offers_what_could_be_meant() {
        assert_eq!(complete("th"), ["theme"]);
        assert_eq!(complete("theme d"), ["theme dark"]);
        assert_eq!(complete("").len(), COMMANDS.len());
        assert_eq!(complete("tag g/"), Vec::<String>::new());
    }

    #[test]
    fn names_are_unique() {
        let names: Vec<_> = COMMANDS.iter().flat_map(|command| command.names).collect();
        let unique: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(unique.len(), names.len());
    }
}
