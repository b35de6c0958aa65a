"""The documented operations beyond people, groups and blog posts, served from the contract's data.

`routes` finds the operation that a URL names, `families` tells which records it is about, `library`
keeps those records, `showing` writes them as the documentation lists their members, `reading` and
`writing` carry the operations out. Nothing here is loaded before the first such request.
"""
