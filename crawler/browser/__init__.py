"""Pages that show their text only in a browser: Chromium, driven by Playwright in the child process of a batch.

``chromium`` finds the browser and says how it is started, ``process`` starts and ends it, ``proxy`` guards all that it
sends, ``gate`` judges what a page asks for, ``visit`` looks at one page, ``download`` joins them to Scrapy. What jobs
call is ``crawler.rendered``.
"""
