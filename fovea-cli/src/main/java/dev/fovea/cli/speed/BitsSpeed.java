package dev.fovea.cli.speed;

import dev.fovea.core.kernel.Int4Matrix;
import dev.fovea.core.kernel.Int8Matrix;
import dev.fovea.core.kernel.QuantizedMatrix;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Products of the shapes of a layer with weights in eight and four bits, beside the same with bf16. */
final class BitsSpeed {
    private static final int[][] SHAPES = {
        {RandomLlava.WIDTH, RandomLlava.WIDTH},
        {RandomLlava.MLP, RandomLlava.WIDTH},
        {RandomLlava.WIDTH, RandomLlava.MLP}
    };
    private static final int[] ROWS = {RandomLlava.VISUAL + Visit.WORDS, PathSpeed.FEW + Visit.WORDS, 1};
    private static final String NUMBERS = "bf16";
    private static final int GROUP = 32;
    private static final int CODES = 8;

    private BitsSpeed() {}

    /**
     * Weights of one shape in few bits.
     *
     * @param path by what they are multiplied
     * @param ofBf16 for each number of rows how many times as fast as bf16
     */
    record Shape(long outputs, long inputs, String weights, String path, Map<Integer, Quartiles> ofBf16) {}

    static List<Shape> measure(int rounds, BooleanSupplier goOn) {
        List<Shape> shapes = new ArrayList<>();
        for (int[] shape : SHAPES) {
            try (Scope ignored = Scope.inference()) {
                shapes.addAll(of(shape[0], shape[1], rounds, goOn));
            }
        }
        return List.copyOf(shapes);
    }

    private static List<Shape> of(int out, int in, int rounds, BooleanSupplier goOn) {
        Map<String, QuantizedMatrix> matrices = new LinkedHashMap<>();
        Tensor codes = torch.randint(-127, 128, new long[] {out, in}).to(ScalarType.Char);
        matrices.put(
                "int8",
                Int8Matrix.of(codes, Tensors.full(0.01, DType.F32, out), () -> codes, UnaryOperator.identity()));
        matrices.put(
                "int4",
                Int4Matrix.of(
                        torch.randint(Integer.MAX_VALUE, new long[] {out, in / CODES})
                                .to(ScalarType.Int),
                        Tensors.full(0.01, DType.BF16, out, in / GROUP),
                        UnaryOperator.identity()));
        Linear numbers = new Linear(Tensors.full(0.01, DType.BF16, out, in), null);
        Map<String, Map<Integer, Quartiles>> rates = new LinkedHashMap<>();
        for (int rows : ROWS) {
            Tensor x = Tensors.to(torch.randn(rows, in), DType.BF16);
            Turns turns = new Turns().task(NUMBERS, () -> numbers.forward(x));
            matrices.forEach((name, matrix) -> turns.task(name, () -> matrix.forward(x, null)));
            turns.run(rounds, goOn);
            matrices.keySet()
                    .forEach(name -> rates.computeIfAbsent(name, n -> new LinkedHashMap<>())
                            .put(rows, turns.each(t -> t.seconds(NUMBERS) / t.seconds(name))));
        }
        List<Shape> shapes = new ArrayList<>();
        matrices.forEach((name, matrix) ->
                shapes.add(new Shape(out, in, name, matrix.path(), rates.getOrDefault(name, Map.of()))));
        return shapes;
    }
}
