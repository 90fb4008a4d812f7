"""Pages that show their text only in a browser: Chromium, driven by Playwright in the child process of a batch.

``chromium`` finds the browser and says how it is started, ``proxy`` guards all that it sends, ``process`` starts and
ends it, ``visit`` looks at one page, ``download`` joins them to Scrapy. What jobs call is ``crawler.rendered``.
"""
