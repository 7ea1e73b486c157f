"""Names of recommenders."""

from tastemaker.core import Catalog
from tastemaker.models.base import Recommender

RECOMMENDERS: Catalog[Recommender] = Catalog("recommender")


@RECOMMENDERS.entry("popular")
def _popular() -> type[Recommender]:
    from tastemaker.models.popular import Popular

    return Popular


@RECOMMENDERS.entry("content")
def _content() -> type[Recommender]:
    from tastemaker.models.content import Content

    return Content


@RECOMMENDERS.entry("item_knn")
def _item_knn() -> type[Recommender]:
    from tastemaker.models.item_knn import ItemKNN

    return ItemKNN


@RECOMMENDERS.entry("user_knn")
def _user_knn() -> type[Recommender]:
    from tastemaker.models.user_knn import UserKNN

    return UserKNN


@RECOMMENDERS.entry("rp3beta")
def _rp3beta() -> type[Recommender]:
    from tastemaker.models.rp3beta import RP3Beta

    return RP3Beta


@RECOMMENDERS.entry("session_knn")
def _session_knn() -> type[Recommender]:
    from tastemaker.models.session_knn import SessionKNN

    return SessionKNN


@RECOMMENDERS.entry("ease")
def _ease() -> type[Recommender]:
    from tastemaker.models.ease import EASE

    return EASE


@RECOMMENDERS.entry("slim")
def _slim() -> type[Recommender]:
    from tastemaker.models.slim import SLIM

    return SLIM


@RECOMMENDERS.entry("als")
def _als() -> type[Recommender]:
    from tastemaker.models.als import ALS

    return ALS


@RECOMMENDERS.entry("mf")
def _mf() -> type[Recommender]:
    from tastemaker.models.mf import MF

    return MF


@RECOMMENDERS.entry("bpr")
def _bpr() -> type[Recommender]:
    from tastemaker.models.bpr import BPR

    return BPR


@RECOMMENDERS.entry("vbpr")
def _vbpr() -> type[Recommender]:
    from tastemaker.models.vbpr import VBPR

    return VBPR


@RECOMMENDERS.entry("neumf")
def _neumf() -> type[Recommender]:
    from tastemaker.models.neumf import NeuMF

    return NeuMF


@RECOMMENDERS.entry("multimodal_mlp")
def _multimodal_mlp() -> type[Recommender]:
    from tastemaker.models.multimodal_mlp import MultimodalMLP

    return MultimodalMLP


@RECOMMENDERS.entry("two_tower")
def _two_tower() -> type[Recommender]:
    from tastemaker.models.two_tower import TwoTower

    return TwoTower


@RECOMMENDERS.entry("transformer")
def _transformer() -> type[Recommender]:
    from tastemaker.models.transformer import Transformer

    return Transformer


@RECOMMENDERS.entry("gru")
def _gru() -> type[Recommender]:
    from tastemaker.models.gru import GRU

    return GRU


@RECOMMENDERS.entry("cnn")
def _cnn() -> type[Recommender]:
    from tastemaker.models.cnn import CNN

    return CNN


@RECOMMENDERS.entry("lightgcn")
def _lightgcn() -> type[Recommender]:
    from tastemaker.models.lightgcn import LightGCN

    return LightGCN


@RECOMMENDERS.entry("freedom")
def _freedom() -> type[Recommender]:
    from tastemaker.models.freedom import Freedom

    return Freedom


@RECOMMENDERS.entry("alpharec")
def _alpharec() -> type[Recommender]:
    from tastemaker.models.alpharec import AlphaRec

    return AlphaRec


@RECOMMENDERS.entry("mm_graph")
def _mm_graph() -> type[Recommender]:
    from tastemaker.models.mm_graph import MMGraph

    return MMGraph


@RECOMMENDERS.entry("fallback")
def _fallback() -> type[Recommender]:
    from tastemaker.models.fallback import Fallback

    return Fallback


@RECOMMENDERS.entry("ensemble")
def _ensemble() -> type[Recommender]:
    from tastemaker.models.ensemble import Ensemble

    return Ensemble


@RECOMMENDERS.entry("mmr")
def _mmr() -> type[Recommender]:
    from tastemaker.models.rerank.mmr import MMR

    return MMR


@RECOMMENDERS.entry("dpp")
def _dpp() -> type[Recommender]:
    from tastemaker.models.rerank.dpp import DPP

    return DPP


@RECOMMENDERS.entry("calibrated")
def _calibrated() -> type[Recommender]:
    from tastemaker.models.rerank.calibrated import Calibrated

    return Calibrated


@RECOMMENDERS.entry("auto")
def _auto() -> type[Recommender]:
    from tastemaker.models.auto import Auto

    return Auto


@RECOMMENDERS.entry("late")
def _late() -> type[Recommender]:
    from tastemaker.models.late import Late

    return Late
