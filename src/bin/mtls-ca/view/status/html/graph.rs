//! Who certified whom, as a graph from left to right: roots, intermediates, and what is in use.

use std::collections::HashMap;
use std::fmt::Write as _;

use mtls_ca::authority::StatusReport;
use mtls_ca::authority::status::{Item, Kind, Level, Link};
use mtls_ca::ledger::IssuerState;
use mtls_ca::x509::fingerprint::Fingerprint;

use super::short;
use crate::view::status::day;

const BOX: (f64, f64) = (290.0, 74.0);
const GAP: (f64, f64) = (90.0, 22.0);
/// How many names stand in a box of certificates.
const NAMES: usize = 6;
const LINE: f64 = 19.0;

/// A box of the graph.
struct Node<'a> {
    column: u32,
    top: f64,
    height: f64,
    content: Content<'a>,
}

enum Content<'a> {
    Authority(&'a Link),
    /// What one CA certificate of this authority issued.
    Certificates {
        of: &'a Link,
        asking: Vec<&'a Item>,
    },
}

pub(super) fn svg(report: &StatusReport) -> String {
    let mut nodes = Vec::new();
    let mut bottom = 4.0;
    for root in report.chain.iter().filter(|link| link.signed_by.is_none()) {
        stand(root, 0, report, &mut nodes, &mut bottom);
    }
    let columns = nodes.iter().map(|node| node.column + 1).max().unwrap_or(1);
    let width = f64::from(columns) * (BOX.0 + GAP.0) - GAP.0 + 8.0;
    let mut out = format!(
        "<svg viewBox=\"0 0 {width} {bottom}\" width=\"{width}\" height=\"{bottom}\" role=\"img\" \
         aria-label=\"Who certified whom\">\n"
    );
    edges(&mut out, &nodes);
    for node in &nodes {
        match &node.content {
            Content::Authority(link) => authority(&mut out, node, link),
            Content::Certificates { of, asking } => certificates(&mut out, node, of, asking),
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Puts a CA and everything below it in place; gives the middle of its box.
fn stand<'a>(
    link: &'a Link,
    column: u32,
    report: &'a StatusReport,
    nodes: &mut Vec<Node<'a>>,
    bottom: &mut f64,
) -> f64 {
    let mut middles = Vec::new();
    // A chain is as deep as the files of the CA are; whoever made them circular is not followed.
    if column < 16 {
        for below in report.chain.iter().filter(|below| below.signed_by == Some(link.sha256)) {
            middles.push(stand(below, column + 1, report, nodes, bottom));
        }
    }
    if link.issuer.is_some() && (link.live > 0 || link.state == Some(IssuerState::Active)) {
        let of_link = |item: &&Item| item.issuer == link.issuer && item.level >= Level::Due;
        let asking: Vec<&Item> = report.of(Kind::Leaf).filter(of_link).collect();
        let lines = asking.len().min(NAMES) + usize::from(asking.len() > NAMES);
        let height = (54.0 + LINE * f64::from(u32::try_from(lines).unwrap_or(0))).max(BOX.1);
        middles.push(*bottom + height / 2.0);
        nodes.push(Node {
            column: column + 1,
            top: *bottom,
            height,
            content: Content::Certificates { of: link, asking },
        });
        *bottom += height + GAP.1;
    }
    let middle = match (middles.first(), middles.last()) {
        (Some(first), Some(last)) => f64::midpoint(*first, *last),
        _ => {
            *bottom += BOX.1 + GAP.1;
            *bottom - GAP.1 - BOX.1 / 2.0
        }
    };
    let top = middle - BOX.1 / 2.0;
    nodes.push(Node { column, top, height: BOX.1, content: Content::Authority(link) });
    middle
}

impl Node<'_> {
    fn left(&self) -> f64 {
        4.0 + f64::from(self.column) * (BOX.0 + GAP.0)
    }

    fn middle(&self) -> f64 {
        self.top + self.height / 2.0
    }

    /// Who is to the left of it, and who certified it besides.
    fn above(&self) -> (Option<Fingerprint>, Option<Fingerprint>) {
        match &self.content {
            Content::Authority(link) => (link.signed_by, link.crossed_by),
            Content::Certificates { of, .. } => (Some(of.sha256), None),
        }
    }
}

fn edges(out: &mut String, nodes: &[Node<'_>]) {
    let of = |node: &'_ Node<'_>| match &node.content {
        Content::Authority(link) => Some(link.sha256),
        Content::Certificates { .. } => None,
    };
    let places: HashMap<Fingerprint, &Node<'_>> = nodes.iter().filter_map(|node| Some((of(node)?, node))).collect();
    for node in nodes {
        let (signed_by, crossed_by) = node.above();
        if let Some(from) = signed_by.and_then(|sha256| places.get(&sha256)) {
            let (x1, y1, x2, y2) = (from.left() + BOX.0, from.middle(), node.left(), node.middle());
            let half = f64::midpoint(x1, x2);
            let _ = writeln!(
                out,
                "<path class=\"edge\" d=\"M{x1:.1} {y1:.1} C{half:.1} {y1:.1} {half:.1} {y2:.1} {x2:.1} {y2:.1}\"/>"
            );
        }
        if let Some(from) = crossed_by.and_then(|sha256| places.get(&sha256)) {
            let (x, y1, y2) = (from.left() + 30.0, from.top + from.height, node.top);
            let _ = writeln!(
                out,
                "<g><title>the old CA certified the key of the new one</title>\
                 <path class=\"edge cross\" d=\"M{x:.1} {y1:.1} L{x:.1} {y2:.1}\"/>\
                 <text class=\"small soft\" x=\"{:.1}\" y=\"{:.1}\">cross-certified</text></g>",
                x + 8.0,
                f64::midpoint(y1, y2) + 4.0
            );
        }
    }
}

fn frame(out: &mut String, node: &Node<'_>, level: Level, gone: bool) {
    let (left, top, height) = (node.left(), node.top, node.height);
    let class = if gone { "box gone" } else { "box" };
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{}\" height=\"{height:.1}\" rx=\"10\"/>\
         <rect class=\"f-{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"5\" height=\"{:.1}\" rx=\"2.5\"/>",
        BOX.0,
        level.word(),
        left + 8.0,
        top + 10.0,
        height - 20.0
    );
}

fn authority(out: &mut String, node: &Node<'_>, link: &Link) {
    let state = match link.state {
        Some(IssuerState::Active) => "signs",
        Some(IssuerState::Prepared) => "prepared",
        Some(IssuerState::Superseded) => "superseded",
        Some(IssuerState::Retired) => "retired",
        None => "lives elsewhere",
    };
    let gone = matches!(link.state, Some(IssuerState::Superseded | IssuerState::Retired));
    let role = if link.signed_by.is_none() { "root" } else { "intermediate" };
    let number = link.issuer.map_or(String::new(), |issuer| format!("{issuer} · "));
    frame(out, node, link.level, gone);
    let (x, y) = (node.left() + 24.0, node.top);
    let _ = writeln!(
        out,
        "<g><title>{}</title><text class=\"strong\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>\
         <text class=\"small soft\" x=\"{x:.1}\" y=\"{:.1}\">{number}{role} · {state}</text>\
         <text class=\"small soft\" x=\"{x:.1}\" y=\"{:.1}\">ends {}</text></g>",
        super::text(&link.subject),
        y + 24.0,
        short(&link.subject, 34),
        y + 43.0,
        y + 61.0,
        day(link.validity.not_after),
    );
}

fn certificates(out: &mut String, node: &Node<'_>, of: &Link, asking: &[&Item]) {
    let level = asking.iter().map(|item| item.level).max().unwrap_or(Level::Fine);
    frame(out, node, level, false);
    let (x, y) = (node.left() + 24.0, node.top);
    let words = if of.live == 1 { "live certificate" } else { "live certificates" };
    let _ = writeln!(
        out,
        "<text class=\"strong\" x=\"{x:.1}\" y=\"{:.1}\">{} {words}</text>\
         <text class=\"small soft\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
        y + 24.0,
        of.live,
        y + 43.0,
        match asking.len() {
            0 => "none asks for attention".to_owned(),
            1 => "1 name asks for attention:".to_owned(),
            many => format!("{many} names ask for attention:"),
        },
    );
    for (row, item) in asking.iter().take(NAMES).enumerate() {
        let y = y + 62.0 + LINE * f64::from(u32::try_from(row).unwrap_or(0));
        let _ = writeln!(
            out,
            "<circle class=\"f-{}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\"/>\
             <text class=\"small\" x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
            item.level.word(),
            x + 4.0,
            y - 4.0,
            x + 14.0,
            short(&item.name, 34),
        );
    }
    if asking.len() > NAMES {
        let y = y + 62.0 + LINE * f64::from(u32::try_from(NAMES).unwrap_or(0));
        let more = asking.len() - NAMES;
        let _ = writeln!(out, "<text class=\"small soft\" x=\"{:.1}\" y=\"{y:.1}\">and {more} more</text>", x + 14.0);
    }
}
