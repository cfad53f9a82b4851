package dev.fovea.core.kernel;

import dev.fovea.core.tensor.Natives;
import dev.fovea.core.tensor.Scope;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.ListType;
import org.bytedeco.pytorch.OptionalType;
import org.bytedeco.pytorch.Tensor;

/** Integer products of libtorch, which its Java interface lacks: they are called by name, through the dispatcher. */
final class Operators {
    /** libtorch's number of the type f32. */
    private static final long FLOAT = 6;

    private Operators() {}

    /**
     * {@code a b}, exact.
     *
     * @param a i8 {@code [rows, in]}
     * @param b i8 {@code [in, out]}
     * @return i32 {@code [rows, out]}
     */
    static Tensor multiply(Tensor a, Tensor b) {
        return call("aten::_int_mm", new IValue(a), new IValue(b));
    }

    /**
     * Weights in the order in which this machine's integer units read them.
     *
     * @param codes i8 {@code [out, in]}
     * @throws RuntimeException if this libtorch was built without oneDNN
     */
    static Tensor pack(Tensor codes) {
        return call("onednn::qlinear_prepack", new IValue(codes), new IValue());
    }

    /**
     * {@code x W^T}, each column times its scale.
     *
     * @param x i8 {@code [rows, in]}
     * @param packed what {@link #pack} gave for {@code W}
     * @param scales f32 {@code [out]}
     * @param zeros i32 {@code [out]}, all 0
     * @return f32 {@code [rows, out]}
     */
    static Tensor multiplyPacked(Tensor x, Tensor packed, Tensor scales, Tensor zeros) {
        return call(
                "onednn::qlinear_pointwise",
                new IValue(x),
                new IValue(1.0),
                new IValue(0L),
                new IValue(packed),
                new IValue(scales),
                new IValue(zeros),
                new IValue(),
                new IValue(1.0),
                new IValue(0L),
                new IValue(FLOAT),
                new IValue("none"),
                new IValue(NoNumbers.LIST),
                new IValue(""));
    }

    private static Tensor call(String name, IValue... arguments) {
        Natives.ensureLoaded();
        try (Scope scope = Scope.inference();
                IValueVector stack = new IValueVector(arguments)) {
            Dispatcher.singleton().findSchemaOrThrow(name, "").callBoxed(stack);
            // What the stack gives is a view of its entry, which goes with it.
            return scope.keep(new Tensor(stack.get(0).toTensor()));
        }
    }

    /** Operators take lists of numbers of which each may be missing; this one is empty, and never freed. */
    private static final class NoNumbers {
        static final GenericList LIST = list();

        private static GenericList list() {
            GenericList list =
                    new GenericList(OptionalType.get(ListType.ofNumbers().containedType(0)));
            list.retainReference();
            return list;
        }
    }
}
