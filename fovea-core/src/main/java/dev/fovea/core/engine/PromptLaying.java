package dev.fovea.core.engine;

import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.KvCache;
import dev.fovea.core.model.language.PositionIds;
import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Signal;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.text.TextException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** Lays prompts out: words and visual tokens in their order, and the branches beside them. */
record PromptLaying(ModelParts model) {

    /**
     * A prompt that can be read.
     *
     * @param embeddings its tokens as they enter the language model, in pieces
     * @param places for each id its place in the sequence, and the place behind them all
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
    record Laid(Sequence sequence, List<Tensor> embeddings, int[] places) {}

    /**
     * A prompt.
     *
     * @param images its pictures behind the connector
     */
    Laid prompt(PathEngine.Prompt p, List<ConnectorPass.Projected> images) {
        return laid(p, p.name(), p.ids(), images, true);
    }

    /** A prompt that is read once, with gradients if the caller's scope records them: nothing can follow it. */
    Laid once(PathEngine.Prompt p, List<ConnectorPass.Projected> images) {
        return laid(p, p.name(), p.ids(), images, false);
    }

    /**
     * A branch beside it, which acts as its plan says except for what is added to hidden states. Where a prompt begins with
     * its pictures and its words are not known yet, the branch without pictures has nothing to read.
     */
    Laid branch(PathEngine.Prompt p, Branch branch, List<ConnectorPass.Projected> images) {
        String name = p.name() + branch.label() + ".";
        Laid laid = switch (branch) {
            case Branch.Unsteered ignored -> laid(p, name, p.ids(), images, true);
            case Branch.Worded worded -> laid(p, name, p.worded(worded), images, true);
            case Branch.Masked masked -> masked(laid(p, name, p.ids(), images, true), masked);
            case Branch.WithoutPictures ignored -> words(p);
        };
        laid.sequence().beside();
        return laid;
    }

    /** @param kept whether keys and values are kept, for tokens that follow */
    private Laid laid(PathEngine.Prompt p, String name, int[] ids, List<ConnectorPass.Projected> images, boolean kept) {
        checkImages(ids, p.slots().size());
        Tensor words = decoder().embed(withPlaceholder(ids));
        SlotTokens visual = new SlotTokens(images, grids(p), model);
        List<Tensor> embeddings = new ArrayList<>();
        int[] places = new int[ids.length + 1];
        int place = 0;
        int slot = 0;
        int wordsFrom = 0;
        for (int i = 0; i < ids.length; i++) {
            places[i] = place;
            if (model.isPlaceholder(ids[i])) {
                if (i > wordsFrom) {
                    embeddings.add(words.narrow(0, wordsFrom, i - wordsFrom));
                }
                Tensor tokens = visual.take(p.slots().get(slot++), place);
                embeddings.add(tokens);
                place += (int) tokens.size(0);
                wordsFrom = i + 1;
            } else {
                place++;
            }
        }
        places[ids.length] = place;
        if (wordsFrom < ids.length) {
            embeddings.add(words.narrow(0, wordsFrom, ids.length - wordsFrom));
        }
        return new Laid(sequence(p, name, ids, images, place, visual, kept), embeddings, places);
    }

    private Sequence sequence(
            PathEngine.Prompt p,
            String name,
            int[] ids,
            List<ConnectorPass.Projected> images,
            int length,
            SlotTokens taken,
            boolean kept) {
        List<Ledger.Grid> grids = grids(p);
        boolean cls = model.clsIsFeature();
        int total = grids.stream().mapToInt(g -> g.tokens() + (cls ? 1 : 0)).sum();
        PromptFactors factors = PromptFactors.of(
                images.stream().flatMap(i -> i.added().stream()).toList(), decoder());
        VisualTokens visual = taken.visual();
        int[] visualAt = taken.at();
        PositionIds.Laid positions = new PromptPositions(model).of(ids, grids, visual, visualAt, length);
        Sequence sequence = new Sequence(
                name,
                p.run(),
                kept ? new KvCache(decoder().options(), decoder().dtype(), length + p.room()) : null,
                positions.ids(),
                positions.next(),
                blocks().of(ids, visual, visualAt, length),
                visualAt,
                visual,
                total,
                grids,
                images.stream().map(ConnectorPass.Projected::carried).toList(),
                null,
                kept ? null : new int[] {length - 1},
                0);
        sequence.factors(factors == null ? null : factors.kept());
        if (!images.isEmpty()) {
            sequence.deep(
                    DeepFeatures.of(images, taken::ordered, model.connector().deep()));
        }
        return sequence;
    }

    private PromptBlocks blocks() {
        return new PromptBlocks(decoder().options().variant().mutual(), model::isPlaceholder);
    }

    private static List<Ledger.Grid> grids(PathEngine.Prompt p) {
        return p.images().stream().map(EncodedImage::grid).toList();
    }

    /** Leaves the masked tokens out; all others stay where they were. */
    private static Laid masked(Laid laid, Branch.Masked branch) {
        Sequence s = laid.sequence();
        float[] noted = (float[]) DecoderSignals.elsewhere(s, new Signal.Noted(branch.note()));
        int[] seen = IntStream.range(0, noted.length).filter(i -> noted[i] == 0).toArray();
        Decision.Keep keep = Decision.Keep.of(seen);
        RowChange change = RowChange.ofSequence(s.length(), s.visualAt(), keep);
        Tensor all = Tensors.cat(0, laid.embeddings().toArray(Tensor[]::new));
        s.follow(keep, change, Decision.Positions.ORIGINAL);
        return new Laid(s, List.of(all.index_select(0, Tensors.indices(change.anchors()))), laid.places());
    }

    private Laid words(PathEngine.Prompt p) {
        int[] ids = withoutImages(p.ids());
        KvCache cache = new KvCache(decoder().options(), decoder().dtype(), ids.length + p.room());
        int[] blocks = blocks().of(ids, VisualTokens.ofCells(0), new int[0], ids.length);
        Sequence sequence = Sequence.ofText(cache, blocks, model.positions().axes());
        List<Tensor> embeddings =
                ids.length == 0 ? List.of() : List.of(decoder().embed(ids));
        return new Laid(
                sequence, embeddings, IntStream.rangeClosed(0, ids.length).toArray());
    }

    private void checkImages(int[] ids, int images) {
        long tokens = Arrays.stream(ids).filter(model::isPlaceholder).count();
        if (tokens < images) {
            throw new TextException("The chat template of the model has a place for " + tokens + " of " + images
                    + (images == 1 ? " picture" : " pictures") + "; take the one that the model was published with");
        }
        if (tokens > images) {
            throw new IllegalArgumentException("The prompt has " + tokens + " image tokens for " + images
                    + (images == 1 ? " picture" : " pictures")
                    + "; leave the model's image token out of the question.");
        }
    }

    private int[] withoutImages(int[] ids) {
        return Arrays.stream(ids).filter(id -> !model.isPlaceholder(id)).toArray();
    }

    /** A placeholder may lie outside of the embedding; its row is never used. */
    private int[] withPlaceholder(int[] ids) {
        return Arrays.stream(ids).map(id -> model.isPlaceholder(id) ? 0 : id).toArray();
    }

    private Decoder decoder() {
        return model.decoder();
    }
}
