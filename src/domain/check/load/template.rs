//! What Jinja 3.1 sees otherwise than the parser used here: it knows `+a`, and looks filters and tests up while it
//! compiles, but not where a condition may keep the place from being reached.

use std::borrow::Cow;

use minijinja::machinery::ast::{Call, CallArg, Expr, Stmt};
use minijinja::machinery::{Span, Token, WhitespaceConfig, tokenize};
use minijinja::syntax::SyntaxConfig;

const FILTERS: &str = "abs attr batch capitalize center count d default dictsort e escape filesizeformat first float \
    forceescape format groupby indent int items join last length list lower map max min pprint random reject \
    rejectattr replace reverse round safe select selectattr slice sort string striptags sum title tojson trim truncate \
    unique upper urlencode urlize wordcount wordwrap xmlattr";
const TESTS: &str = "!= < <= == > >= boolean callable defined divisibleby eq equalto escaped even false filter float ge \
    greaterthan gt in integer iterable le lessthan lower lt mapping ne none number odd sameas sequence string test true \
    undefined upper";

/// Words that no value ends with.
const BEFORE_A_VALUE: [&str; 9] = ["and", "elif", "else", "if", "in", "is", "not", "or", "set"];

/// The template with `-a` in place of `+a`, which is as good a value and known to the parser.
pub(super) fn with_known_signs(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    let mut signs = Vec::new();
    let mut value_ends = false;
    for (token, span) in
        tokenize(&text, false, SyntaxConfig, WhitespaceConfig::default()).map_while(Result::ok)
    {
        if matches!(token, Token::Plus) && !value_ends {
            signs.extend(usize::try_from(span.start_offset));
        }
        value_ends = match token {
            Token::Ident(word) => !BEFORE_A_VALUE.contains(&word),
            Token::Str(_)
            | Token::String(_)
            | Token::Int(_)
            | Token::Int128(_)
            | Token::Float(_)
            | Token::BracketClose
            | Token::ParenClose
            | Token::BraceClose => true,
            _ => false,
        };
    }
    for at in signs {
        if text.get(at..=at) == Some("+") {
            text.to_mut().replace_range(at..=at, "-");
        }
    }
    text
}

/// The line of a test that follows another one at once, `a is b is c`, which Jinja refuses.
pub(super) fn chained_test(text: &str) -> Option<usize> {
    // How many words stand since the last `is`, `not` aside.
    let mut since = None;
    for (token, span) in
        tokenize(text, false, SyntaxConfig, WhitespaceConfig::default()).map_while(Result::ok)
    {
        since = match (token, since) {
            (Token::Ident("is"), Some(1)) => return Some(usize::from(span.start_line)),
            (Token::Ident("is"), _) | (Token::Ident("not"), Some(0)) => Some(0),
            (Token::Ident(_), Some(words)) => Some(words + 1),
            _ => None,
        };
    }
    None
}

/// What is wrong with it all the same.
pub(super) fn unfit(template: &Stmt<'_>) -> Option<Unfit> {
    let mut names = Names { found: None, nameless: None };
    names.statement(template, false);
    let nameless = names.nameless.map(Unfit::Syntax);
    nameless.or_else(|| names.found.map(|(line, what)| Unfit::Name(line, what)))
}

/// What Jinja has against a template that parses.
pub(super) enum Unfit {
    /// A loop gives its items no name: its line.
    Syntax(usize),
    /// A filter or a test that it does not know: its line, and what there is to say.
    Name(usize, String),
}

struct Names {
    found: Option<(usize, String)>,
    /// The line of a loop that gives its items no name.
    nameless: Option<usize>,
}

impl Names {
    fn look(&mut self, known: &str, kind: &str, name: &str, span: Span) {
        if self.found.is_none() && !known.split_whitespace().any(|each| each == name) {
            self.found = Some((usize::from(span.start_line), format!("there is no {kind} `{name}`")));
        }
    }

    fn body(&mut self, body: &[Stmt<'_>], soft: bool) {
        for each in body {
            self.statement(each, soft);
        }
    }

    /// `soft` is what stands right within a condition.
    fn statement(&mut self, statement: &Stmt<'_>, soft: bool) {
        match statement {
            Stmt::Template(template) => self.body(&template.children, false),
            Stmt::EmitExpr(emit) => self.expression(&emit.expr, soft),
            Stmt::ForLoop(each) => {
                if let Expr::List(list) = &each.target
                    && list.items.is_empty()
                {
                    self.nameless.get_or_insert(usize::from(list.span().start_line));
                }
                self.expression(&each.iter, soft);
                self.maybe(each.filter_expr.as_ref(), false);
                self.body(&each.body, false);
                self.body(&each.else_body, false);
            }
            Stmt::IfCond(condition) => {
                self.expression(&condition.expr, true);
                self.body(&condition.true_body, true);
                self.body(&condition.false_body, true);
            }
            Stmt::WithBlock(with) => {
                for (_, value) in &with.assignments {
                    self.expression(value, soft);
                }
                self.body(&with.body, false);
            }
            Stmt::Set(set) => self.expression(&set.expr, soft),
            Stmt::SetBlock(set) => {
                self.maybe(set.filter.as_ref(), false);
                self.body(&set.body, false);
            }
            Stmt::AutoEscape(escape) => self.body(&escape.body, false),
            Stmt::FilterBlock(filter) => {
                self.expression(&filter.filter, false);
                self.body(&filter.body, false);
            }
            Stmt::Block(block) => self.body(&block.body, false),
            Stmt::Macro(each) => {
                self.all(&each.defaults, false);
                self.body(&each.body, false);
            }
            Stmt::CallBlock(block) => {
                self.call(&block.call, soft);
                self.body(&block.macro_decl.body, false);
            }
            Stmt::Extends(extends) => self.expression(&extends.name, soft),
            Stmt::Include(include) => self.expression(&include.name, soft),
            Stmt::Import(import) => self.expression(&import.expr, soft),
            Stmt::FromImport(import) => self.expression(&import.expr, soft),
            Stmt::EmitRaw(_) | Stmt::Do(_) => {}
        }
    }

    fn maybe(&mut self, expression: Option<&Expr<'_>>, soft: bool) {
        if let Some(expression) = expression {
            self.expression(expression, soft);
        }
    }

    fn all(&mut self, expressions: &[Expr<'_>], soft: bool) {
        for each in expressions {
            self.expression(each, soft);
        }
    }

    fn call(&mut self, call: &Call<'_>, soft: bool) {
        self.expression(&call.expr, soft);
        self.arguments(&call.args, soft);
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>], soft: bool) {
        for argument in arguments {
            match argument {
                CallArg::Pos(value)
                | CallArg::Kwarg(_, value)
                | CallArg::PosSplat(value)
                | CallArg::KwargSplat(value) => self.expression(value, soft),
            }
        }
    }

    fn expression(&mut self, expression: &Expr<'_>, soft: bool) {
        match expression {
            Expr::Var(_) | Expr::Const(_) => {}
            Expr::Slice(slice) => {
                self.expression(&slice.expr, soft);
                for each in [&slice.start, &slice.stop, &slice.step] {
                    self.maybe(each.as_ref(), soft);
                }
            }
            Expr::UnaryOp(unary) => self.expression(&unary.expr, soft),
            Expr::BinOp(binary) => {
                self.expression(&binary.left, soft);
                self.expression(&binary.right, soft);
            }
            Expr::Compare(compare) => {
                self.expression(&compare.expr, soft);
                for each in &compare.ops {
                    self.expression(&each.expr, soft);
                }
            }
            Expr::IfExpr(condition) => {
                self.expression(&condition.test_expr, true);
                self.expression(&condition.true_expr, true);
                self.maybe(condition.false_expr.as_ref(), true);
            }
            Expr::Filter(filter) => {
                if !soft {
                    self.look(FILTERS, "filter", filter.name, filter.span());
                }
                self.maybe(filter.expr.as_ref(), soft);
                self.arguments(&filter.args, soft);
            }
            Expr::Test(test) => {
                if !soft {
                    self.look(TESTS, "test", test.name, test.span());
                }
                self.expression(&test.expr, soft);
                self.arguments(&test.args, soft);
            }
            Expr::GetAttr(get) => self.expression(&get.expr, soft),
            Expr::GetItem(get) => {
                self.expression(&get.expr, soft);
                self.expression(&get.subscript_expr, soft);
            }
            Expr::Call(call) => self.call(call, soft),
            Expr::List(list) => self.all(&list.items, soft),
            Expr::Map(map) => {
                self.all(&map.keys, soft);
                self.all(&map.values, soft);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use minijinja::machinery::parse;

    use super::*;

    #[test]
    fn only_a_sign_before_a_value_is_taken_for_the_other() {
        for (text, is) in [
            ("{{ +a }}", "{{ -a }}"),
            ("{{ a + b }} + {{ 1 +2 }}", "{{ a + b }} + {{ 1 +2 }}"),
            ("{{ (+a) * +1 }}{% if +a %}+{% endif %}", "{{ (-a) * -1 }}{% if -a %}+{% endif %}"),
            ("{{ '+' ~ +a[0] + 1", "{{ '+' ~ -a[0] + 1"),
        ] {
            assert_eq!(with_known_signs(text), is);
        }
    }

    #[test]
    fn one_test_may_not_follow_another() {
        assert_eq!(chained_test("{{ a }}\n{{ a is defined is none }}"), Some(2));
        assert_eq!(chained_test("{{ a is not defined is none }}"), Some(1));
        assert_eq!(
            chained_test("{{ a is defined and b is none }}{{ (a is defined) is true }} is is is"),
            None
        );
    }

    #[test]
    fn a_name_is_looked_up_unless_a_condition_stands_right_before_it() {
        let found = |text| {
            let parsed = parse(text, "alert", SyntaxConfig, WhitespaceConfig::default()).unwrap();
            match unfit(&parsed) {
                Some(Unfit::Name(line, _)) => Some(line),
                _ => None,
            }
        };
        assert_eq!(found("a\n{{ b | none_such }}"), Some(2));
        assert_eq!(found("{{ b is none_such }}"), Some(1));
        assert_eq!(found("{{ b | upper | d(c | lower) }}"), None);
        assert_eq!(found("{% if a | none_such %}{{ b | none_such }}{% endif %}"), None);
        assert_eq!(found("{{ a | none_such if b }}"), None);
        assert_eq!(found("{% if a %}{% for b in c %}{{ b | none_such }}{% endfor %}{% endif %}"), Some(1));
    }
}
