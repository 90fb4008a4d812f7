"""Jinja templates: mails and pages. Data, read by notifier.compose, clausewatch.views and clausewatch.web alone."""
