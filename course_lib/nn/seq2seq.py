"""From one sequence to another: an encoder, a decoder, and attention between them.

Symbols
    B, S, T   sequences in a batch, steps of the source, steps of the target
    V, h      symbols; hidden units
    A (B, T, S)   attention: row t says how much each step of the source counts for target step t

Sources: Sutskever, Vinyals and Le, Sequence to sequence learning with neural networks (2014);
Bahdanau, Cho and Bengio, Neural machine translation by jointly learning to align and translate
(2015); Luong, Pham and Manning, Effective approaches to attention-based neural machine translation
(2015), for the form of the attention.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_lib.checks import check_whole
from course_lib.nn.recurrent import LSTM


def attend(queries: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
    """Mix the keys for each query, in proportion to the softmax of their inner products.

    Parameters
    ----------
    queries : tensor of shape (B, T, h)
    keys : tensor of shape (B, S, h)

    Returns
    -------
    mixture : tensor of shape (B, T, h)
    A : tensor of shape (B, T, S), rows sum to 1

    Examples
    --------
    >>> keys = torch.tensor([[[9.0, 0.0], [0.0, 9.0]]])
    >>> attend(torch.tensor([[[9.0, 0.0]]]), keys)[1].round(decimals=3)
    tensor([[[1., 0.]]])
    """
    A = torch.softmax(queries @ keys.mT, dim=-1)
    return A @ keys, A


def share_right(model: Seq2Seq, source: Tensor, target: Tensor) -> float:
    """Return the share of the target's symbols (B, T) that a model writes, given the source.

    >>> x = torch.zeros(1, 4, dtype=torch.int64)
    >>> 0 <= share_right(Seq2Seq(3, 5), x, x) <= 1
    True
    """
    written, _ = model.translate(source, target.shape[1])
    return (written == target).float().mean().item()


class Seq2Seq(nn.Module):
    """Read a sequence with one LSTM, write another with a second one.

    Without attention, the encoder's last state is all that the decoder gets. With it, the decoder
    also looks at the encoder's state at every step.

    Parameters
    ----------
    n_symbols : int
        V, of both sequences.
    hidden_size : int
    attention : bool, default=True
    embedding : int, default=16
        Width of the learned vector that stands for a symbol.

    Examples
    --------
    >>> x = torch.zeros(2, 5, dtype=torch.int64)
    >>> Seq2Seq(10, 16)(x, x).shape
    torch.Size([2, 5, 10])
    """

    def __init__(
        self, n_symbols: int, hidden_size: int, *, attention: bool = True, embedding: int = 16
    ) -> None:
        super().__init__()
        self.n_symbols, self.attention = check_whole("n_symbols", n_symbols), attention
        self.embedding = nn.Embedding(n_symbols + 1, embedding)  # the last one says: begin
        self.encoder = LSTM(embedding, hidden_size, batch_first=True)
        self.decoder = LSTM(embedding, hidden_size, batch_first=True)
        self.query = nn.Linear(hidden_size, hidden_size, bias=False) if attention else None
        self.head = nn.Linear(hidden_size * (1 + attention), n_symbols)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Return the logits (B, T, V) of each symbol of target (B, T), given those before it."""
        keys, state = self.encoder(self.embedding(source))
        begin = torch.full_like(target[:, :1], self.n_symbols)
        written = torch.cat([begin, target[:, :-1]], dim=1)
        return self._write(written, keys, state)[0]

    def _write(self, written: Tensor, keys: Tensor, state: object) -> tuple[Tensor, object, Tensor]:
        H, state = self.decoder(self.embedding(written), state)  # (B, T, h)
        if not self.attention:
            return self.head(H), state, H.new_zeros(*H.shape[:2], keys.shape[1])
        mixture, A = attend(self.query(H), keys)
        return self.head(torch.cat([H, mixture], dim=-1)), state, A

    @torch.no_grad()
    def translate(self, source: Tensor, length: int | None = None) -> tuple[Tensor, Tensor]:
        """Write the likeliest symbol at every step, and read it as the next input.

        Parameters
        ----------
        source : int64 tensor of shape (B, S)
        length : int, optional
            T; as long as the source if None.

        Returns
        -------
        codes : int64 tensor of shape (B, T)
        A : tensor of shape (B, T, S)
            The attention; zeros for a model without it.
        """
        length = check_whole("length", source.shape[1] if length is None else length)
        keys, state = self.encoder(self.embedding(source))
        written = torch.full_like(source[:, :1], self.n_symbols)
        codes, rows = [], []
        for _ in range(length):
            logits, state, A = self._write(written, keys, state)
            written = logits.argmax(-1)
            codes.append(written)
            rows.append(A)
        return torch.cat(codes, dim=1), torch.cat(rows, dim=1)
