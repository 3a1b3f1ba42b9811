"""Clusters: groups of similar samples, found without labels."""

from course_lib.cluster.dbscan import DBSCAN
from course_lib.cluster.hierarchical import (
    AgglomerativeClustering,
    chaining,
    cut,
    dendrogram,
    linkage,
)
from course_lib.cluster.kmeans import (
    KMeans,
    assign,
    half_steps,
    inertia,
    kmeans_plus_plus,
    update,
)
from course_lib.cluster.number_of_clusters import (
    Advice,
    ask,
    gap_statistic,
    silhouettes,
    stability,
    suggested_by_gap,
)

__all__ = [
    "DBSCAN",
    "Advice",
    "AgglomerativeClustering",
    "KMeans",
    "ask",
    "assign",
    "chaining",
    "cut",
    "dendrogram",
    "gap_statistic",
    "half_steps",
    "inertia",
    "kmeans_plus_plus",
    "linkage",
    "silhouettes",
    "stability",
    "suggested_by_gap",
    "update",
]
