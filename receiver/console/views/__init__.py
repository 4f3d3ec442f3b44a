"""What pages show, worked out: lists, links, charts, payloads and the story of an event."""
