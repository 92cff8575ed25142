//! Prints the tree of a file with the tags that YAML 1.1 finds and the place of each node, which shows at a glance that
//! `off` is a bool and `010` an int: `cargo run --example tree -- rule.yaml`.

#![expect(clippy::print_stdout, reason = "this is what the program is for")]

use std::env;
use std::error::Error;
use std::fs;

use pyyaml::{NodeKind, NodeRef};

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("the name of a file is missing")?;
    let document = pyyaml::parse(&fs::read(path)?)?;
    if let Some(root) = document.root() {
        print(root, 0);
    }
    Ok(())
}

fn print(node: NodeRef<'_>, depth: usize) {
    let tag = node.tag().trim_start_matches("tag:yaml.org,2002:");
    let text = match node.kind() {
        NodeKind::Scalar { value, .. } => format!("{tag} {value:?}"),
        NodeKind::Alias { .. } => format!("*{}", node.anchor().unwrap_or_default()),
        NodeKind::Sequence { .. } | NodeKind::Mapping { .. } => tag.to_owned(),
    };
    println!("{:depth$}{text} ({})", "", node.span().start);
    if matches!(node.kind(), NodeKind::Alias { .. }) {
        return;
    }
    node.items().for_each(|item| print(item, depth + 2));
    for (key, value) in node.pairs() {
        print(key, depth + 2);
        print(value, depth + 4);
    }
}
