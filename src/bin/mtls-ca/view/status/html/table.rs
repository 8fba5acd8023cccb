//! Everything with a life, as a table that can be sorted and searched.

use mtls_ca::Now;
use mtls_ca::authority::StatusReport;
use mtls_ca::authority::status::{Item, Kind};

use super::text;
use crate::view::status::{day, what};

/// Heading, name for `#sort=`, and whether its cells are numbers.
const COLUMNS: [(&str, &str, bool); 6] = [
    ("State", "state", true),
    ("What", "what", false),
    ("Name", "name", false),
    ("Ends", "ends", true),
    ("Life used", "life", true),
    ("Next", "next", false),
];

pub(super) fn section(report: &StatusReport, now: Now) -> String {
    let heads: String = COLUMNS
        .iter()
        .map(|(words, key, numeric)| {
            let numeric = if *numeric { " data-numeric" } else { "" };
            format!("<th scope=\"col\" data-key=\"{key}\"{numeric}><button type=\"button\">{words}</button></th>")
        })
        .collect();
    // What asks for attention stands on top, also where no script runs.
    let mut items: Vec<&Item> = report.items.iter().collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.level));
    let rows: String = items.into_iter().map(|item| row(item, now)).collect();
    let count = report.items.len();
    format!(
        "<section><h2>Everything with a life</h2>\n\
         <div class=\"tools\"><label>Find <input id=\"filter\" type=\"search\" autocomplete=\"off\"></label>\
         <span class=\"soft\" id=\"shown\" role=\"status\">{count} of {count}</span></div>\n\
         <div class=\"table\"><table id=\"items\"><caption>A heading sorts by its column, a second time the \
         other way round.</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n\
         {superseded}</section>\n",
        superseded = superseded(report),
    )
}

fn row(item: &Item, now: Now) -> String {
    let level = item.level.word();
    let issuer = match (item.kind, item.issuer) {
        (Kind::Leaf | Kind::IssuedCa, Some(issuer)) => format!("by {issuer}"),
        (_, Some(issuer)) => issuer.to_string(),
        (_, None) => String::new(),
    };
    let serial = item.serial.as_ref().map_or(String::new(), ToString::to_string);
    let details = [issuer, serial].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let used = item.percent_used(now);
    format!(
        "<tr><td data-v=\"{rank}\"><span class=\"pill {level}\">{level}</span></td>\
         <td data-v=\"{what}\">{what}</td>\
         <td class=\"name\" data-v=\"{name}\"><bdi>{name}</bdi><small>{details}</small></td>\
         <td class=\"when\" data-v=\"{unix}\">{end}<small>{says}</small></td>\
         <td class=\"life\" data-v=\"{percent}\">{bar}</td>\
         <td class=\"next\" data-v=\"{next}\">{command}</td></tr>\n",
        rank = item.level as u8,
        what = text(what(item)),
        name = text(&item.name),
        details = text(&details),
        unix = item.end().map_or_else(|| "none".to_owned(), |end| end.unix().to_string()),
        end = item.end().map_or(String::new(), day),
        says = text(&item.says),
        percent = used.map_or_else(|| "none".to_owned(), |used| used.to_string()),
        bar = used.map_or(String::new(), |used| bar(used, level)),
        next = item.next.as_deref().map_or(String::new(), text),
        command = item.next.as_deref().map_or(String::new(), |next| format!("<code>{}</code>", text(next))),
    )
}

fn bar(used: u8, level: &str) -> String {
    format!(
        "<svg width=\"100\" height=\"8\" role=\"img\" aria-label=\"{used} percent used\">\
         <rect class=\"track\" width=\"100\" height=\"8\" rx=\"4\"/>\
         <rect class=\"f-{level}\" width=\"{}\" height=\"8\" rx=\"4\"/></svg>",
        used.max(4)
    )
}

fn superseded(report: &StatusReport) -> String {
    if report.superseded.is_empty() {
        return String::new();
    }
    let line = |item: &Item| {
        let serial = item.serial.as_ref().map_or(String::new(), ToString::to_string);
        format!(
            "<li><bdi>{}</bdi> <span class=\"soft\">{} · {}</span></li>\n",
            text(&item.name),
            text(&item.says),
            serial
        )
    };
    format!(
        "<details><summary>Superseded and still valid: {}</summary><ul>\n{}</ul></details>\n",
        report.superseded.len(),
        report.superseded.iter().map(line).collect::<String>()
    )
}
