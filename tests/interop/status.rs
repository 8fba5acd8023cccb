//! What `status` writes for other programs, read by them: the page by a browser, the metrics by
//! Prometheus' own checker, the calendar by another implementation of RFC 5545.

use mtls_ca::{KeyOrder, Now};
use serde_json::Value;

use crate::fleet::Fleet;
use crate::harness::{Run, Workshop, fixture};

/// Names that would do harm where they were taken for markup.
const HOSTILE: [&str; 3] =
    ["<script>document.title = 'owned'</script>", "\"><img src=x onerror=alert(1)>", "a;b,c\\n & 'd'"];

/// A fleet whose certificates end before, inside and behind the window.
fn fleet() -> Fleet {
    let fleet = Fleet::new(Now::from_system());
    fleet.server("ends-soon.internal", 90, 80);
    fleet.server("renewed.internal", 90, 80);
    fleet.server("renewed.internal", 90, 10);
    fleet.server("expired.internal", 90, 93);
    for number in 0..40 {
        fleet.server(&format!("svc-{number:02}.payments.internal"), 90, number * 2 % 55);
    }
    for name in HOSTILE {
        fleet.issue(KeyOrder::client(name).unwrap(), 30, 20);
    }
    fleet
}

fn status(shop: &Workshop, fleet: &Fleet, words: &[&str]) -> Run {
    let directory = fleet.issuing.to_str().unwrap();
    shop.mtls_ca(&[&["--ca-dir", directory, "status"], words].concat())
}

/// The items of the report, all leaves among them.
fn items(shop: &Workshop, fleet: &Fleet) -> Vec<Value> {
    let said = status(shop, fleet, &["--json", "--prometheus", "all.prom"]).stdout;
    let document: Value = serde_json::from_str(&said).unwrap();
    document["status"]["items"].as_array().unwrap().clone()
}

/// The page as it stands in the browser once its script has run.
fn browse(shop: &Workshop, page: &str, fragment: &str) -> Run {
    let address = format!("file://{}{fragment}", shop.path(page).display());
    let profile = format!("--user-data-dir={}", shop.path("profile").display());
    let words =
        ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", &profile, "--dump-dom", &address];
    shop.tool("chromium", &words).ok()
}

/// The values of one column, from top to bottom.
fn column(dom: &str, before: &str) -> Vec<String> {
    let body = dom.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
    let cells = body.split(before).skip(1);
    cells.map(|cell| cell.split('"').next().unwrap().to_owned()).collect()
}

#[test]
#[ignore = "run by ./tests/run.sh interop status"]
fn a_browser_shows_the_page_and_sorts_its_table() {
    let Some(shop) = Workshop::open("browser", &["chromium"]) else { return };
    let fleet = fleet();
    status(&shop, &fleet, &["--html", "report.html"]);
    let page = String::from_utf8(shop.read("report.html")).unwrap();
    for outside in ["http:", "https:", "src=\"", "url(", "@import", "<link"] {
        assert!(!page.contains(outside), "the page needs `{outside}`");
    }

    let plain = browse(&shop, "report.html", "");
    let rows = plain.stdout.matches("<tr><td data-v=").count();
    assert_eq!(rows, items(&shop, &fleet).len());
    assert!(plain.stdout.contains("<title>Status of CN=Example Issuing CA</title>"), "no name was run as a script");
    assert!(!plain.stdout.contains("<img"), "no name became an element");
    assert_eq!(plain.stdout.matches("<svg").count(), plain.stdout.matches("</svg>").count());

    const NAME: &str = "class=\"name\" data-v=\"";
    const ENDS: &str = "class=\"when\" data-v=\"";
    let unsorted = column(&plain.stdout, NAME);
    for (fragment, before, down) in [
        ("#sort=name", NAME, false),
        ("#sort=-name", NAME, true),
        ("#sort=ends", ENDS, false),
        ("#sort=-ends", ENDS, true),
    ] {
        let shown = browse(&shop, "report.html", fragment);
        let mut sorted = column(&shown.stdout, before);
        sorted.retain(|value| value != "none");
        let mut wanted = sorted.clone();
        if before == NAME {
            wanted.sort_by_key(|value| {
                value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").to_lowercase()
            });
        } else {
            wanted.sort_by_key(|value| value.parse::<i64>().unwrap());
        }
        if down {
            wanted.reverse();
        }
        assert_eq!(sorted, wanted, "{fragment}");
        assert_eq!(shown.stdout.matches("aria-sort=").count() - page.matches("aria-sort=").count(), 1, "{fragment}");
        assert_ne!(column(&shown.stdout, NAME), unsorted, "{fragment} changes the order");
        // Errors of the script, and everything that the page's own policy blocks, are told here.
        assert!(!shown.stderr.contains("CONSOLE"), "{}", shown.stderr);
    }
}

#[test]
#[ignore = "run by ./tests/run.sh interop status"]
fn prometheus_takes_the_metrics() {
    let Some(shop) = Workshop::open("prometheus", &["promtool"]) else { return };
    let fleet = fleet();
    let items = items(&shop, &fleet);
    let run = shop.pipe("promtool", &["check", "metrics"], "all.prom").ok();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""), "it finds nothing to complain of");
    let metrics = String::from_utf8(shop.read("all.prom")).unwrap();
    let samples = metrics.lines().filter(|line| line.starts_with("mtls_ca_item_level{")).count();
    assert_eq!(samples, items.len());
}

#[test]
#[ignore = "run by ./tests/run.sh interop status"]
fn a_calendar_program_reads_every_end() {
    let Some(shop) = Workshop::open("calendar", &["venv:python"]) else { return };
    let fleet = fleet();
    let calendar = status(&shop, &fleet, &["--ics", "--quiet"]).stdout;
    // RFC 5545 section 3.1: lines end with CRLF and have at most 75 octets.
    assert!(calendar.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{calendar}");
    shop.write("ends.ics", &calendar);
    let program = fixture("python/calendar_events.py");
    let said = shop.tool("venv:python", &[program.to_str().unwrap(), "ends.ics"]).ok().stdout;
    let mut read: Vec<(String, String)> = said
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|event| (event["start"].as_str().unwrap().to_owned(), event["summary"].as_str().unwrap().to_owned()))
        .collect();
    let what = |item: &Value| match item["kind"].as_str().unwrap() {
        "leaf" => item["profile"].as_str().unwrap().to_owned(),
        kind => kind.to_owned(),
    };
    let ending = items(&shop, &fleet).into_iter().filter(|item| item["not_after"].is_string());
    let mut wanted: Vec<(String, String)> = ending
        .map(|item| {
            let (end, name) = (item["not_after"].as_str().unwrap(), item["name"].as_str().unwrap());
            (end.to_owned(), format!("{} {name} expires", what(&item)))
        })
        .collect();
    read.sort();
    wanted.sort();
    assert_eq!(read, wanted);
    // The same report an hour later has the same identifiers, so that calendars move events.
    let identifiers = |text: &str| -> Vec<String> {
        text.replace("\r\n ", "").lines().filter(|line| line.starts_with("UID:")).map(str::to_owned).collect()
    };
    let again = status(&shop, &fleet, &["--ics", "--quiet"]).stdout;
    assert_eq!(identifiers(&again), identifiers(&calendar));
    let mut unique = identifiers(&calendar);
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), wanted.len());
}
