//! What the rules write into while they look: the rows and the findings, all of them.

use super::grant::Grant;
use crate::words::finding::Finding;

/// Rows and findings so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) grants: Vec<Grant>,
    pub(super) findings: Vec<Finding>,
}

impl Report {
    pub(super) fn row(&mut self, grant: Grant) {
        self.grants.push(grant);
    }

    pub(super) fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// A row that refuses, with the finding that says why.
    pub(super) fn refuse(&mut self, row: Grant, finding: Finding) {
        self.grants.push(row);
        self.findings.push(finding);
    }
}
