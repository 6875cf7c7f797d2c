"""Door: the pages that employees open, in WeCom or in any browser.

    session    who looks at them; closed by default
    login      in by WeCom, out by a press
    lists      what was found, what was lost, one item
    report     telling of an item; photos
    requests   asking for a contact, and what became of it

They work without JavaScript; `pages.js` and htmx make them quicker.
"""
