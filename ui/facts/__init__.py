"""The list of facts about a thing: `facts.facts`."""
