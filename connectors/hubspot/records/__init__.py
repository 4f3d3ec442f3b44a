"""Writing records to HubSpot: rows, batches and their results, links, line items."""
