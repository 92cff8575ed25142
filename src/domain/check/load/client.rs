//! The client of the search engine, which is made (and asks nothing yet) when `ElastAlert` starts, and for rules that
//! search while they are loaded. Bad ports, names without passwords and the like end it there.

use super::dict::Dict;
use super::fault::{Fault, Result, Stop};
use super::files::Files;
use super::outcome::Need;
use super::python;
use super::value::{Value, View};

/// Checks what is looked at when a client is made; `host:port` of it.
pub(super) fn check(conf: &Dict<'_>, files: &Files<'_>) -> Result<String> {
    let variable = |name: &str| files.variable(name);
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let fail = |key: &str, class: &'static str, message: String| {
        Fault::new("config.value", class, message).at(conf.at(key)).key(key).stop()
    };
    let host = match variable("ES_HOST") {
        Some(host) => host.clone(),
        None => match conf.get("es_host") {
            None => return fail("es_host", "KeyError", "there is no `es_host`".to_owned()),
            Some(host) => host.text().unwrap_or_default().to_owned(),
        },
    };
    let port = port(conf, variable("ES_PORT").map(String::as_str))?;
    credentials(conf, files)?;
    prefix_and_certificates(conf)?;
    let given = set("ES_HOSTS").map(|hosts| with_port(hosts, &port));
    let hosts = match given {
        Some(hosts) => hosts,
        None => match conf.get("es_hosts") {
            None => return one_host(conf, &host, &port),
            Some(value) => match value.view() {
                View::Null => return one_host(conf, &host, &port),
                View::Text(host) => vec![host.to_owned()],
                View::List(list) if list.len() == 0 => return Ok(String::new()),
                View::List(list) => {
                    let hosts: Vec<String> =
                        list.iter().filter_map(|host| host.text().map(str::to_owned)).collect();
                    if list.iter().any(|host| python::iterate(&host).is_none()) {
                        let message = "`es_hosts` must hold strings".to_owned();
                        return fail("es_hosts", "TypeError", message);
                    }
                    if hosts.len() < list.len() {
                        return Err(Stop::Unknown(Need::Other {
                            what: "`es_hosts` that are no strings".into(),
                        }));
                    }
                    hosts
                }
                View::Int(_) | View::Float(_) | View::Bool(_) | View::Date(_) | View::DateTime(_) => {
                    let message = format!("`es_hosts` is {} and must be a list", value.kind());
                    return fail("es_hosts", "TypeError", message);
                }
                _ => return Err(Stop::Unknown(Need::Other { what: "`es_hosts` that is no list".into() })),
            },
        },
    };
    let mut named = Vec::with_capacity(hosts.len());
    for host in &hosts {
        match address(host, &port) {
            Ok(at) => named.push(at),
            Err(class) => {
                return fail("es_hosts", class, "`es_hosts` holds something that is no address".to_owned());
            }
        }
    }
    Ok(named.join(", "))
}

/// A name with its password, or a token.
fn credentials(conf: &Dict<'_>, files: &Files<'_>) -> Result<()> {
    let variable = |name: &str| files.variable(name);
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let fail = |key: &str, class: &'static str, message: String| {
        Fault::new("config.value", class, message).at(conf.at(key)).key(key).stop()
    };
    let (user, password) = if let Some(user) = set("ES_USERNAME") {
        (Some(Value::Text(user.into())), variable("ES_PASSWORD").map(|word| Value::Text(word.into())))
    } else if let Some(user) = conf.get("es_username") {
        let Some(password) = conf.get("es_password") else {
            let message = "there is an `es_username` and no `es_password`".to_owned();
            return fail("es_username", "KeyError", message);
        };
        (Some(user.clone()), Some(password.clone()))
    } else {
        (None, None)
    };
    let token = |name: &str, key: &str| match set(name) {
        Some(value) => Value::Text(value.into()),
        None => conf.get(key).cloned().unwrap_or(Value::Null),
    };
    let (bearer, api_key) = (token("ES_BEARER", "es_bearer"), token("ES_API_KEY", "es_api_key"));
    let tokens = [("es_bearer", &bearer), ("es_api_key", &api_key)];
    let by_token = tokens.iter().any(|(_, token)| token.is_true());
    let named = |value: &Option<Value<'_>>| value.as_ref().is_some_and(Value::is_true);
    if !by_token && named(&user) && named(&password) {
        for (key, value) in [("es_username", &user), ("es_password", &password)] {
            if let Some(value) = value.as_ref().filter(|value| value.text().is_none()) {
                return fail(key, "TypeError", format!("`{key}` is {} and must be a string", value.kind()));
            }
        }
    } else if conf.is_true("aws_region")
        || variable("AWS_DEFAULT_REGION").is_some_and(|region| !region.is_empty())
    {
        return Err(Stop::Unknown(Need::Aws));
    }
    for (key, value) in tokens {
        if value.is_true() && value.text().is_none() {
            return fail(key, "TypeError", format!("`{key}` is {} and must be a string", value.kind()));
        }
    }
    Ok(())
}

fn one_host(conf: &Dict<'_>, host: &str, port: &str) -> Result<String> {
    match conf.get("es_host").map(Value::view) {
        Some(View::Text(_)) | None => Ok(format!("{host}:{port}")),
        // Only a colon is looked for in it, and that works with whatever holds something.
        Some(View::List(_) | View::Map(_) | View::Tuple(_) | View::Set(_) | View::Pairs(_)) => {
            Ok(String::new())
        }
        Some(other) => {
            let message = format!("`es_host` is {} and must be a string", other.kind());
            Fault::new("config.value", "TypeError", message).at(conf.at("es_host")).key("es_host").stop()
        }
    }
}

fn prefix_and_certificates(conf: &Dict<'_>) -> Result<()> {
    let fail = |key: &str, class: &'static str, message: String| {
        Fault::new("config.value", class, message).at(conf.at(key)).key(key).stop()
    };
    if let Some(prefix) = conf.get("es_url_prefix").filter(|value| value.is_true() && value.text().is_none())
    {
        let message = format!("`es_url_prefix` is {} and must be a string", prefix.kind());
        return fail("es_url_prefix", "AttributeError", message);
    }
    let verified = conf.get("verify_certs").is_none_or(Value::is_true);
    if conf.is_true("ca_certs") && !verified {
        let message = "`ca_certs` needs `verify_certs`".to_owned();
        return fail("ca_certs", "ImproperlyConfigured", message);
    }
    Ok(())
}

/// The hosts of `ES_HOSTS`, each with a port.
fn with_port(hosts: &str, port: &str) -> Vec<String> {
    let one = |host: &str| {
        let host = host.trim();
        if host.contains(':') { host.to_owned() } else { format!("{host}:{port}") }
    };
    hosts.split(',').map(one).collect()
}

/// Whether what stands in brackets may stand there: the sixth version of addresses, or one to come.
fn is_ip(name: &str) -> bool {
    let name = name.split('%').next().unwrap_or_default();
    let sixth = |char: char| char.is_ascii_hexdigit() || char == ':' || char == '.';
    (name.matches(':').count() >= 2 && name.chars().all(sixth)) || name.starts_with(['v', 'V'])
}

/// `host:port` of an address, or the class of the error.
fn address(host: &str, port: &str) -> std::result::Result<String, &'static str> {
    let (scheme, rest) = host.split_once("://").unwrap_or(("", host));
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let (name, own) = match rest.strip_prefix('[') {
        Some(inner) => match inner.split_once(']') {
            Some((name, after)) if is_ip(name) => (name, after.strip_prefix(':')),
            _ => return Err("ValueError"),
        },
        None => match rest.split_once(':') {
            Some((name, own)) => (name, Some(own)),
            None => (rest, None),
        },
    };
    if name.is_empty() {
        return Err("TypeError");
    }
    let own = own.filter(|own| !own.is_empty());
    let port = match own {
        Some(own) if !own.chars().all(|char| char.is_ascii_digit()) => return Err("ValueError"),
        Some(own) => match own.parse::<u32>() {
            Ok(0) => port.to_owned(),
            Ok(own) if own <= 65_535 => own.to_string(),
            _ => return Err("ValueError"),
        },
        None if scheme == "https" => "443".to_owned(),
        None => port.to_owned(),
    };
    Ok(format!("{}:{port}", name.to_lowercase()))
}

/// `int()` of the port.
fn port(conf: &Dict<'_>, given: Option<&str>) -> Result<String> {
    let fail = |class: &'static str, message: String| {
        Fault::new("config.value", class, message).at(conf.at("es_port")).key("es_port").stop()
    };
    if let Some(text) = given {
        return match whole(text) {
            Some(port) => Ok(port),
            None => fail("ValueError", "the variable ES_PORT is no whole number".to_owned()),
        };
    }
    let Some(value) = conf.get("es_port") else {
        return fail("KeyError", "there is no `es_port`".to_owned());
    };
    match value.view() {
        View::Bool(value) => Ok(u8::from(value).to_string()),
        View::Int(value) => Ok(value.to_string()),
        View::Float(value) if value.is_nan() => fail("ValueError", "`es_port` is not a number".to_owned()),
        View::Float(value) if value.is_infinite() => {
            fail("OverflowError", "`es_port` is infinite".to_owned())
        }
        View::Float(value) => Ok(value.trunc().to_string()),
        View::Text(text) => match whole(text) {
            Some(port) => Ok(port),
            None => fail("ValueError", "`es_port` is no whole number".to_owned()),
        },
        View::Bytes(bytes) => match std::str::from_utf8(bytes).ok().and_then(whole) {
            Some(port) => Ok(port),
            None => fail("ValueError", "`es_port` is no whole number".to_owned()),
        },
        other => fail("TypeError", format!("`es_port` is {} and must be a whole number", other.kind())),
    }
}

/// What `int(text)` reads, in ASCII.
fn whole(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty()
        && !digits.starts_with('_')
        && !digits.ends_with('_')
        && !digits.contains("__")
        && digits.chars().all(|char| char.is_ascii_digit() || char == '_')
        && digits.len() <= 4_300;
    plain.then(|| {
        let bare = digits.replace('_', "");
        let bare = bare.trim_start_matches('0');
        let sign = if text.starts_with('-') && !bare.is_empty() { "-" } else { "" };
        format!("{sign}{}", if bare.is_empty() { "0" } else { bare })
    })
}
