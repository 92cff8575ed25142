//! The filters and tests that come with Jinja2, and the words that Python reserves.
//! Filters of one's own are modules that alertdeck cannot look into.

const FILTERS: &str = "abs attr batch capitalize center count d default dictsort e escape filesizeformat first float \
    forceescape format groupby indent int items join last length list lower map max min pprint random reject \
    rejectattr replace reverse round safe select selectattr slice sort string striptags sum title tojson trim \
    truncate unique upper urlencode urlize wordcount wordwrap xmlattr";

const TESTS: &str = "boolean callable defined divisibleby eq equalto escaped even false filter float ge greaterthan \
    gt in integer iterable le lessthan lower lt mapping ne none number odd sameas sequence string test true \
    undefined upper";

const RESERVED: &str = "False None True and as assert async await break class continue def del elif else except \
    finally for from global if import in is lambda nonlocal not or pass raise return try while with yield";

fn holds(names: &str, name: &str) -> bool {
    names.split_whitespace().any(|own| own == name)
}

pub(super) fn is_filter(name: &str) -> bool {
    holds(FILTERS, name)
}

/// Whether the filter needs what a template is rendered with, so that nothing is computed beforehand.
pub(super) fn needs_context(name: &str) -> bool {
    ["map", "random", "reject", "rejectattr", "select", "selectattr"].contains(&name)
}

pub(super) fn is_test(name: &str) -> bool {
    holds(TESTS, name)
}

/// Whether Python reserves the word.
pub(super) fn is_reserved(name: &str) -> bool {
    holds(RESERVED, name)
}
