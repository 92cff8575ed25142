//! How commands are read: each row is a command and what `ElastAlert` makes of it. Whatever
//! cannot be told is to be said so.

use std::collections::BTreeMap;

use super::*;

fn target() -> Target {
    Target::default()
}

fn variables() -> BTreeMap<String, String> {
    let all = [
        ("ELASTALERT_CONFIG", "/opt/config/elastalert.yaml"),
        ("ELASTALERT_SUPERVISOR_CONF", "/opt/config/supervisord.conf"),
    ];
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn of(text: &str) -> Command {
    let path = "config/supervisord.conf";
    Command::of(&target(), &variables(), |wanted| (wanted == path).then_some((path, text.as_bytes())))
}

fn told(text: &str) -> Arguments {
    match of(text) {
        Command::Told { arguments, .. } => arguments,
        other => panic!("{text}: {other:?}"),
    }
}

fn of_command(command: &str) -> Arguments {
    told(&format!("[program:elastalert]\ncommand={command}\n"))
}

#[test]
fn options_are_read_as_argparse_reads_them() {
    for (command, config, rule, debug) in [
        (
            "elastalert --config %(ENV_ELASTALERT_CONFIG)s --verbose",
            "/opt/config/elastalert.yaml",
            None,
            false,
        ),
        ("elastalert", "config.yaml", None, false),
        ("/opt/venv/bin/elastalert --config=/a.yaml --rule b.yaml", "/a.yaml", Some("b.yaml"), false),
        ("python3 -u -m elastalert.elastalert --conf '/a b.yaml' --debug", "/a b.yaml", None, true),
        ("elastalert --config /a --config /b --ver --pin ; the last one counts", "/b", None, false),
        ("elastalert --config /a%%b --patience minutes=5 --es_debug", "/a%b", None, false),
        (
            "elastalert --config\n  /opt/config/x.yaml\n  ; and more\n  --rule=x.yaml",
            "/opt/config/x.yaml",
            Some("x.yaml"),
            false,
        ),
    ] {
        let told = of_command(command);
        let seen = (told.config.as_str(), told.rule.as_deref(), told.debug, told.wrong.as_deref());
        assert_eq!(seen, (config, rule, debug, None), "{command}");
    }
}

#[test]
fn arguments_that_end_elastalert_are_told() {
    for (command, wrong) in [
        ("elastalert --confg /a", "it knows no `--confg`"),
        ("elastalert rules/a.yaml", "it knows no `rules/a.yaml`"),
        ("elastalert --config", "`--config` needs a value"),
        ("elastalert --config --verbose", "`--config` needs a value"),
        ("elastalert --verbose=1", "`--verbose` takes no value"),
        ("elastalert --e", "`--e` could be --end or --es_debug_trace or --es_debug"),
        ("elastalert --prometheus_port http", "`--prometheus_port` needs a number"),
    ] {
        assert_eq!(of_command(command).wrong.as_deref(), Some(wrong), "{command}");
    }
}

#[test]
fn what_only_the_container_can_follow_is_not_guessed() {
    for (command, why) in [
        ("sh -c 'elastalert --debug'", "which starts ElastAlert itself"),
        ("elastalert --config %(ENV_MINE)s", "only the container knows what %(ENV_MINE)s is"),
        ("elastalert --config %s", "begins nothing that supervisord knows"),
        ("elastalert --config 'a", "missing closing quote"),
    ] {
        match of(&format!("[program:e]\ncommand = {command}\n")) {
            Command::Untold { why: told, .. } => assert!(told.contains(why), "{command}: {told}"),
            other => panic!("{command}: {other:?}"),
        }
    }
    for text in [
        "",
        "command=elastalert\n",
        "[program:other]\ncommand=cat\n",
        "[program:elastalert]\ncommand=elastalert\nautostart=false\n",
        "[program:elastalert]\n; command=elastalert\n",
    ] {
        assert_eq!(of(text), Command::Unsaid, "{text}");
    }
}

#[test]
fn the_program_is_found_among_others() {
    let text = "[program:log]\ncommand=tail -f elastalert.log\n[program:real]\nCommand: elastalert --rule a\n\
                directory=/opt/config\n";
    let arguments = told(text);
    assert_eq!(arguments.config, "/opt/config/config.yaml", "counted from its folder");
    assert_eq!(arguments.rule.as_deref(), Some("a"));
    let Command::Told { at, .. } = of(text) else { panic!() };
    assert_eq!(at, Said::File("config/supervisord.conf".to_owned(), text.find("Command:").unwrap()));
}

#[test]
fn an_entrypoint_goes_before_supervisord() {
    let words = |text: &str| Some(text.split(' ').map(str::to_owned).collect());
    let target =
        Target { entrypoint: words("elastalert --config /x/y.yaml"), command: words("--debug"), ..target() };
    let command = Command::of(&target, &variables(), |_| None);
    let arguments = command.arguments().unwrap();
    assert_eq!((arguments.config.as_str(), arguments.debug), ("/x/y.yaml", true));
    assert_eq!(command.config(&[("/opt/config", "config")]), Config::Elsewhere("/x/y.yaml"));
    assert_eq!(command.config(&[("/x", "config")]), Config::Mounted("config/y.yaml".to_owned()));
    assert_eq!(command.for_preflight(), ["--config=/x/y.yaml", "--debug"]);
}
