"""A training as one page for people: self-contained HTML that needs no network, no script and no font from elsewhere.

`markup` turns text into markup that cannot run; `charts/` draws pictures as inline SVG, one kind a file; `sections/` says
one thing a file; `page` puts them together; `terminal` says the essentials as text. Nothing here needs torch.
"""
