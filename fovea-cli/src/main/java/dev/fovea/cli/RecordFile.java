package dev.fovea.cli;

import dev.fovea.core.Answer;
import dev.fovea.core.file.OutputException;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Recording;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.SafeTensorsWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes one run as safetensors: every declared signal and every decision under its station's name (see {@link
 * Recording}), and the ledger under {@code ledger.}:
 *
 * <ul>
 *   <li>{@code ledger.token} {@code [tokens, 3]}: image, row and column of each visual token (-1 for a class token)
 *   <li>{@code ledger.fate} {@code [tokens]}: 0 kept, 1 merged, 2 dropped
 *   <li>{@code ledger.score} {@code [tokens]}: its last score, NaN where there is none
 *   <li>{@code ledger.survivor.anchor} {@code [kept]}, {@code .offset} {@code [kept + 1]}, {@code .member} and {@code
 *       .weight}: what each survivor is made of
 *   <li>{@code ledger.grid} {@code [images, 2]}: rows and columns of tokens of each image, {@code
 *       ledger.unframed_grid}: those that it would have had if no step had decided about its size
 *   <li>{@code ledger.image} {@code [images, 5]}: the picture that it belongs to, what of it it shows (0 all, 1 a tile, 2
 *       an overview, 3 a moment of a video), row and column of the tile or index of the moment and 0, and patches along
 *       a side of a token
 *   <li>{@code ledger.encoder_tokens}, {@code ledger.decoder_tokens}, {@code ledger.cached_tokens} {@code [layers]}
 * </ul>
 */
final class RecordFile {
    private RecordFile() {}

    /**
     * Writes the recording of an answer.
     *
     * @param metadata text pairs for the file's header
     * @throws CommandFailure if the file cannot be written; nothing is left behind
     */
    static void write(Path file, Answer answer, Map<String, String> metadata) {
        try (Scope ignored = Scope.inference()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            Recording recording = answer.recording();
            if (recording != null) {
                recording.entries().forEach((name, entry) -> tensors.put(name, tensor(entry)));
            }
            addLedger(tensors, answer.ledger());
            SafeTensorsWriter.write(file, tensors, metadata);
        } catch (OutputException e) {
            throw CommandFailure.output(e);
        }
    }

    private static Tensor tensor(Recording.Entry entry) {
        return switch (entry) {
            case Recording.Values values -> Tensors.of(values.data(), values.shape());
            case Recording.Indices indices -> Tensors.of(indices.data(), indices.shape());
        };
    }

    private static void addLedger(Map<String, Tensor> tensors, Ledger ledger) {
        List<Ledger.Token> tokens = ledger.tokens();
        int[] places = new int[3 * tokens.size()];
        int[] fates = new int[tokens.size()];
        for (int i = 0; i < fates.length; i++) {
            Ledger.Token token = tokens.get(i);
            places[3 * i] = token.image();
            places[3 * i + 1] = token.row();
            places[3 * i + 2] = token.col();
            fates[i] = switch (token.fate()) {
                case KEPT -> 0;
                case MERGED -> 1;
                case DROPPED -> 2;
            };
        }
        tensors.put("ledger.token", Tensors.of(places, fates.length, 3));
        tensors.put("ledger.fate", Tensors.of(fates, fates.length));
        tensors.put("ledger.score", Tensors.of(ledger.scores(), fates.length));
        addSurvivors(tensors, ledger.survivors());
        grids(tensors, "ledger.grid", ledger.images());
        grids(tensors, "ledger.unframed_grid", ledger.unframed());
        addresses(tensors, ledger.images());
        put(tensors, "ledger.encoder_tokens", ledger.encoderTokens());
        put(tensors, "ledger.decoder_tokens", ledger.decoderTokens());
        put(tensors, "ledger.cached_tokens", ledger.cachedTokens());
    }

    private static void addSurvivors(Map<String, Tensor> tensors, List<Ledger.Group> survivors) {
        int all = survivors.stream().mapToInt(g -> g.members().length).sum();
        int[] anchors = new int[survivors.size()];
        int[] offsets = new int[survivors.size() + 1];
        int[] members = new int[all];
        float[] weights = new float[all];
        for (int g = 0; g < anchors.length; g++) {
            Ledger.Group group = survivors.get(g);
            int n = group.members().length;
            anchors[g] = group.anchor();
            System.arraycopy(group.members(), 0, members, offsets[g], n);
            System.arraycopy(group.weights(), 0, weights, offsets[g], n);
            offsets[g + 1] = offsets[g] + n;
        }
        tensors.put("ledger.survivor.anchor", Tensors.of(anchors, anchors.length));
        tensors.put("ledger.survivor.offset", Tensors.of(offsets, offsets.length));
        tensors.put("ledger.survivor.member", Tensors.of(members, all));
        tensors.put("ledger.survivor.weight", Tensors.of(weights, all));
    }

    /** Which part of which picture each image shows, and how many patches a token has along a side. */
    private static void addresses(Map<String, Tensor> tensors, List<Ledger.Grid> images) {
        int[] rows = images.stream()
                .flatMapToInt(grid -> switch (grid.part()) {
                    case Part.Whole ignored -> IntStream.of(grid.picture(), 0, 0, 0, grid.side());
                    case Part.Tile tile -> IntStream.of(grid.picture(), 1, tile.row(), tile.column(), grid.side());
                    case Part.Overview ignored -> IntStream.of(grid.picture(), 2, 0, 0, grid.side());
                    case Part.Frame frame -> IntStream.of(grid.picture(), 3, frame.index(), 0, grid.side());
                })
                .toArray();
        tensors.put("ledger.image", Tensors.of(rows, images.size(), 5));
    }

    private static void grids(Map<String, Tensor> tensors, String name, List<Ledger.Grid> grids) {
        int[] sides = grids.stream()
                .flatMapToInt(g -> IntStream.of(g.rows(), g.cols()))
                .toArray();
        tensors.put(name, Tensors.of(sides, grids.size(), 2));
    }

    private static void put(Map<String, Tensor> tensors, String name, List<Integer> values) {
        int[] array = values.stream().mapToInt(Integer::intValue).toArray();
        tensors.put(name, Tensors.of(array, array.length));
    }
}
