"""Three small tokenizers, one of each kind the checkpoints of this family ship, trained on the sentences below.

byte_level  GPT-2 / Llama-3 style: byte-level BPE with a Split pre-tokenizer.
llama       Llama-2 / LLaVA-1.5 style: "▁" for spaces, byte fallback, a leading space added and stripped again.
clip        CLIP style: lower case, "</w>" at word ends, <|startoftext|> ... <|endoftext|>.
"""

import json
from collections import Counter

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SENTENCES = [
    "How many red circles are there in the picture?",
    "There are three red circles and one blue square.",
    "What colour is the star to the left of the green triangle?",
    "The star is yellow, and it is above the small grey ring.",
    "Is there a striped heart in the top left corner? Yes, there is.",
    "Which shape is larger, the cross or the diamond?",
    "USER: What does the sign say? ASSISTANT: The sign says OPEN.",
    "You look at pictures and answer in a few words.",
    "Compare the two images: what has changed between them?",
    "The first image shows a circle; the second one shows nothing at all.",
]

# Strings that exercise what tokenizers get wrong: spaces, case, digits, accents, emoji, unseen scripts, specials in text.
PROBES = [
    "",
    " ",
    "a",
    "How many red circles are there?",
    "  two  leading and  inner spaces ",
    "tabs\tand\nnew lines\n\nend",
    "UPPER lower MiXeD",
    "digits 0123456789 and 3.14",
    "it's they're we'll",
    "naïve façade Ünïcödé",
    "漢字かな交じり",
    "emoji 🙂👩‍👩‍👧 end",
    "punctuation: (a) [b] {c} <d> \"e\" 'f' `g`",
    "USER: <image>\nWhat is this? ASSISTANT:",
    "an image token<image>without spaces",
    "</s> inside text <s> and <pad>",
    "a\u0301 is a with a combining accent",
    "the the the the the the the the",
]

SPECIALS = ["<unk>", "<s>", "</s>", "<pad>", "<image>"]
VOCABULARY = 384


def _special(text: str) -> AddedToken:
    return AddedToken(text, special=True, normalized=False)


def chat(specials: list[str], added: list[str] = ()) -> Tokenizer:
    """Byte-level BPE as chat models ship it: turn marks among the specials, nothing put before the text.

    `added` are tokens that are matched whole but are no specials, as some checkpoints have them.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(specials) - len(added),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    # Published chat tokenizers put their marks behind the words.
    tokenizer.add_special_tokens([_special(text) for text in specials])
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in added])
    return tokenizer


def _begin_with_bos(tokenizer: Tokenizer) -> None:
    bos = tokenizer.token_to_id("<s>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", bos)]
    )


def byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[_special(text) for text in SPECIALS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    _begin_with_bos(tokenizer)
    return tokenizer


def llama(specials: list[str] = SPECIALS, leading_space: bool = True) -> Tokenizer:
    """`specials` begin with `<unk>`; without a leading space and a beginning of its own it is of Gemma's kind."""
    pieces = Tokenizer(models.BPE(unk_token="<unk>"))
    pieces.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    pieces.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")  # for training only: merges stay inside words
    byte_tokens = [f"<0x{value:02X}>" for value in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(byte_tokens),
        special_tokens=specials,
        show_progress=False,
    )
    pieces.train_from_iterator(SENTENCES, trainer)
    learned = sorted(pieces.get_vocab().items(), key=lambda item: item[1])
    names = specials + byte_tokens + [name for name, _ in learned[len(specials) :]]
    merges = [tuple(pair) for pair in _merges(pieces)]

    tokenizer = Tokenizer(
        models.BPE(
            vocab={name: index for index, name in enumerate(names)},
            merges=merges,
            unk_token="<unk>",
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    before = [normalizers.Prepend("▁")] if leading_space else []
    tokenizer.normalizer = normalizers.Sequence(before + [normalizers.Replace(" ", "▁")])
    behind = [decoders.Strip(" ", 1, 0)] if leading_space else []
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()] + behind
    )
    tokenizer.add_special_tokens([_special(text) for text in specials])
    if leading_space:
        _begin_with_bos(tokenizer)
    return tokenizer


def clip() -> Tokenizer:
    begin, end, suffix = "<|startoftext|>", "<|endoftext|>", "</w>"
    normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    words = Regex(r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+")
    pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(words, behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    sentences = [normalizer.normalize_str(sentence) for sentence in SENTENCES]
    seen = [word for sentence in sentences for word, _ in pre_tokenizer.pre_tokenize_str(sentence)]
    merges = _most_frequent_pairs([list(word[:-1]) + [word[-1] + suffix] for word in seen], count=100)

    # CLIP's order: the 256 byte symbols, the same with the suffix, the merges, then the two special tokens.
    symbols = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = symbols + [symbol + suffix for symbol in symbols] + ["".join(pair) for pair in merges] + [begin, end]
    tokenizer = Tokenizer(
        models.BPE(
            vocab={name: index for index, name in enumerate(names)},
            merges=merges,
            unk_token=end,
            continuing_subword_prefix="",
            end_of_word_suffix=suffix,
        )
    )
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([_special(begin), _special(end)])
    tokenizer.post_processor = processors.RobertaProcessing(
        (end, tokenizer.token_to_id(end)), (begin, tokenizer.token_to_id(begin)), False, False
    )
    return tokenizer


def _most_frequent_pairs(words: list[list[str]], count: int) -> list[tuple[str, str]]:
    """Plain BPE training. The library's trainer breaks ties by hash order once words carry a suffix; this one does not."""
    merges = []
    for _ in range(count):
        pairs = Counter(pair for word in words for pair in zip(word, word[1:]))
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        words = [_merged(word, best) for word in words]
    return merges


def _merged(word: list[str], pair: tuple[str, str]) -> list[str]:
    merged, at = [], 0
    while at < len(word):
        joined = tuple(word[at : at + 2]) == pair
        merged.append("".join(pair) if joined else word[at])
        at += 2 if joined else 1
    return merged


def _merges(tokenizer: Tokenizer) -> list[list[str]]:
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return [merge if isinstance(merge, list) else merge.split(" ") for merge in merges]


def round_trips(tokenizer, probes: list[str] = PROBES) -> list[dict]:
    """Each probe with its ids (with and without special tokens), its tokens, and what the ids decode to."""
    cases = []
    for text in probes:
        ids = tokenizer.encode(text)
        cases.append(
            {
                "text": text,
                "ids": ids,
                "ids_without_special_tokens": tokenizer.encode(text, add_special_tokens=False),
                "tokens": tokenizer.convert_ids_to_tokens(ids),
                "decoded": tokenizer.decode(ids, skip_special_tokens=False),
                "decoded_without_special_tokens": tokenizer.decode(ids, skip_special_tokens=True),
            }
        )
    return cases
