package dev.fovea.cli.speed;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The two measures that everything else is held against: a matrix product of 640×4096×4096, and reading memory. The
 * memory read is 1.2 GB in turns, more than a processor's caches hold, by two kernels of which the quicker counts.
 */
final class Machine implements AutoCloseable {
    static final String SUM = "read by a sum";
    static final String PRODUCT = "read by a product";

    private static final int ROWS = 640;
    private static final int FEW_ROWS = PathSpeed.FEW + Visit.WORDS;
    private static final int WIDTH = 4096;

    /** Processors and libtorch take about as long until the first wide products run at their full speed. */
    private static final long WARM_UP_NANOS = 2_000_000_000L;

    private static final int READ_ROWS = 18432;
    private static final int READ_TENSORS = 4;

    private final List<OwnedTensor> owned = new ArrayList<>();
    private final Tensor x;
    private final Linear product;
    private final List<Linear> large = new ArrayList<>();
    private final Tensor row;
    private int turn;

    /** @param dtype in which the product is taken; memory is read as f32 */
    Machine(DType dtype) {
        try (Scope scope = Scope.inference()) {
            x = own(Tensors.to(torch.randn(ROWS, WIDTH), dtype));
            product = new Linear(own(Tensors.to(torch.randn(WIDTH, WIDTH), dtype)), null);
            row = own(torch.randn(1, WIDTH));
            for (int i = 0; i < READ_TENSORS; i++) {
                large.add(new Linear(own(Tensors.full(0.5, DType.F32, READ_ROWS, WIDTH)), null));
            }
        }
    }

    /** The product of the rows that a shortened prompt has. */
    void multiplyFew() {
        product.forward(x.narrow(0, 0, FEW_ROWS));
    }

    /** Floating-point operations of {@link #multiplyFew}. */
    static double fewOperations() {
        return 2.0 * FEW_ROWS * WIDTH * WIDTH;
    }

    /** Floating-point operations of {@link #multiply}. */
    static double operations() {
        return 2.0 * ROWS * WIDTH * WIDTH;
    }

    /** Bytes of one {@link #readBySum} or {@link #readByProduct}. */
    static double bytes() {
        return 4.0 * READ_ROWS * WIDTH;
    }

    /** The product, through the layer that models use. */
    void multiply() {
        product.forward(x);
    }

    void readBySum() {
        next().weight().sum();
    }

    void readByProduct() {
        next().forward(row);
    }

    private Linear next() {
        turn = (turn + 1) % READ_TENSORS;
        return large.get(turn);
    }

    /** The product's operations a second, the median of a few runs. */
    static double rate(DType dtype, int runs) {
        try (Scope scope = Scope.inference()) {
            Tensor x = Tensors.to(torch.randn(ROWS, WIDTH), dtype);
            Linear w = new Linear(Tensors.to(torch.randn(WIDTH, WIDTH), dtype), null);
            long start = System.nanoTime();
            while (System.nanoTime() - start < WARM_UP_NANOS) {
                try (Scope warmUp = Scope.inference()) {
                    w.forward(x);
                }
            }
            Turns turns = new Turns().task("product", () -> w.forward(x)).run(runs, () -> true);
            return turns.each(t -> operations() / t.seconds("product")).median();
        }
    }

    private Tensor own(Tensor tensor) {
        OwnedTensor kept = OwnedTensor.of(tensor);
        owned.add(kept);
        return kept.get();
    }

    @Override
    public void close() {
        owned.forEach(OwnedTensor::close);
    }
}
