"""What two mappings would write of the same stored events, held side by side.

`compare_mappings` reads the events from the store beside whoever writes to it, renders each by both
mappings in this process, and folds what comes per record, as deliveries would: what is compared is
what the CRM would end with.
"""

from receiver.comparison.comparison_run import ComparisonJob, compare_mappings, lower_priority
from receiver.comparison.differences import Comparison

__all__ = ["Comparison", "ComparisonJob", "compare_mappings", "lower_priority"]
