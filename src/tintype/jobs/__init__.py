"""The job that every face does: photographs as people hand them in, colored under one policy."""

from tintype.jobs.color import ColoredPage, color_file, color_pages, leaves_negative
from tintype.jobs.extras import Extras
from tintype.jobs.label import is_current, label_for
from tintype.jobs.plan import FilePlan, PlannedFile, plan_files
from tintype.jobs.policy import OPTIONS, PageDecision, Policy, decide, guidance_by_page
from tintype.jobs.run import FileJob, Outcome, color_files

__all__ = [
    "OPTIONS",
    "ColoredPage",
    "Extras",
    "FileJob",
    "FilePlan",
    "Outcome",
    "PageDecision",
    "PlannedFile",
    "Policy",
    "color_file",
    "color_files",
    "color_pages",
    "decide",
    "guidance_by_page",
    "is_current",
    "label_for",
    "leaves_negative",
    "plan_files",
]
