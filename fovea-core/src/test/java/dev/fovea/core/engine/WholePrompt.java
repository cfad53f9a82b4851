package dev.fovea.core.engine;

import dev.fovea.core.model.language.MutualSight;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Slot;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A prompt of which nothing was dropped, with some words behind it.
 *
 * @param cells for each visual token its cell in its image
 * @param grids for each visual token the grid of its image
 */
record WholePrompt(
        Tensor embeddings,
        @Nullable Tensor deep,
        int[] visual,
        int[] cells,
        List<Ledger.Grid> grids,
        int[] blocks,
        int[][] positions,
        int next) {

    /** Of this model a single picture is interpolated to another grid. */
    static String name(String model) {
        return model.equals("llava-onevision") ? "one_image" : "two_images";
    }

    static WholePrompt of(FamilyGolden golden) {
        PathEngine.Prompt prompt = golden.prompt(name(golden.name()), PlanRun.plain());
        List<Tensor> parts = new ArrayList<>();
        List<Tensor> deep = new ArrayList<>();
        int width = golden.model.decoder().options().width();
        int added = golden.model.connector().deep() * width;
        List<Integer> visual = new ArrayList<>();
        List<Integer> cells = new ArrayList<>();
        List<Ledger.Grid> grids = new ArrayList<>();
        List<Tensor> projected = projected(golden, prompt);
        List<Integer> blocks = new ArrayList<>();
        boolean together = golden.model.decoder().options().variant().mutual() == MutualSight.PROMPT;
        int at = 0;
        int slot = 0;
        for (int id : prompt.ids()) {
            if (golden.model.isPlaceholder(id)) {
                Slot now = prompt.slots().get(slot++);
                if (now instanceof Slot.Newline) {
                    parts.add(newline(golden));
                    deep.add(Tensors.zeros(DType.F32, 1, added));
                    at++;
                    blocks.add(together ? 0 : -1);
                    continue;
                }
                Slot.Rows rows = (Slot.Rows) now;
                Ledger.Grid grid = prompt.images().get(rows.view()).grid();
                int image = rows.view();
                int from = rows.from() * grid.cols();
                int count = FamilyGolden.tokens(grid, rows);
                Tensor tokens = projected.get(image).narrow(0, from, count);
                parts.add(tokens.narrow(1, 0, width));
                deep.add(tokens.narrow(1, width, added));
                for (int t = 0; t < count; t++) {
                    cells.add(from + t);
                    grids.add(grid);
                    visual.add(at++);
                    blocks.add(together ? 0 : image);
                }
            } else {
                parts.add(golden.model.decoder().embed(new int[] {id}));
                deep.add(Tensors.zeros(DType.F32, 1, added));
                at++;
                blocks.add(together ? 0 : -1);
            }
        }
        try (PromptState state = golden.engine.prefill(List.of(prompt)).getFirst()) {
            return new WholePrompt(
                    Tensors.cat(0, parts.toArray(Tensor[]::new)),
                    added == 0 ? null : Tensors.cat(0, deep.toArray(Tensor[]::new)),
                    visual.stream().mapToInt(Integer::intValue).toArray(),
                    cells.stream().mapToInt(Integer::intValue).toArray(),
                    grids,
                    blocks.stream().mapToInt(Integer::intValue).toArray(),
                    state.sequence().positions(),
                    state.sequence().next());
        }
    }

    int length() {
        return positions[0].length;
    }

    NaiveDecoder naive(FamilyGolden golden) {
        return new NaiveDecoder(golden.model.decoder(), deep);
    }

    private static List<Tensor> projected(FamilyGolden golden, PathEngine.Prompt prompt) {
        List<ConnectorPass.Item> items = prompt.images().stream()
                .map(image -> new ConnectorPass.Item(image, 0, "", PlanRun.plain()))
                .toList();
        boolean cls = golden.model.vision().options().classToken();
        return new ConnectorPass(golden.model.connector(), cls, golden.model.clsIsFeature(), Integer.MAX_VALUE, x -> x)
                .project(items).stream()
                        .map(p -> Stream.of(p.tokens(), p.deep())
                                .filter(Objects::nonNull)
                                .toArray(Tensor[]::new))
                        .map(parts -> Tensors.cat(1, parts))
                        .toList();
    }

    private static Tensor newline(FamilyGolden golden) {
        return Objects.requireNonNull(golden.model.newline()).unsqueeze(0);
    }

    /** Positions counted over the tokens that are there from the first layer on. */
    WholePrompt countedWithout(int[] leaves) {
        int[] counted = new int[leaves.length];
        int at = 0;
        for (int i = 0; i < counted.length; i++) {
            counted[i] = leaves[i] == 0 ? -1 : at++;
        }
        return new WholePrompt(embeddings, deep, visual, cells, grids, blocks, new int[][] {counted}, at);
    }

    /** With one more word. */
    WholePrompt with(FamilyGolden golden, int token) {
        int[][] longer = Arrays.stream(positions)
                .map(axis -> IntStream.concat(Arrays.stream(axis), IntStream.of(next))
                        .toArray())
                .toArray(int[][]::new);
        Tensor all = Tensors.cat(0, embeddings, golden.model.decoder().embed(new int[] {token}));
        Tensor longerDeep = deep == null ? null : Tensors.cat(0, deep, Tensors.zeros(DType.F32, 1, deep.size(1)));
        int[] more = IntStream.concat(Arrays.stream(blocks), IntStream.of(-1)).toArray();
        return new WholePrompt(all, longerDeep, visual, cells, grids, more, longer, next + 1);
    }
}
