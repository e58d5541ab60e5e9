"""Logged against selected, path against allowed path: verdict and reason."""

from analyzer.compare.judge import Judge, Later
from analyzer.compare.judgement import Judgement, SideJudgement
from analyzer.compare.observation import Observation, Sharing
from analyzer.compare.sides import ALARMS, Verdict

__all__ = ["ALARMS", "Judge", "Judgement", "Later", "Observation", "Sharing", "SideJudgement", "Verdict"]
