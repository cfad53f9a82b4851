package dev.fovea.spring.ai;

import dev.fovea.core.ContinuousBatch;
import dev.fovea.core.SharedModel;
import dev.fovea.core.generate.GenerationListener;
import dev.fovea.core.image.PictureLimits;
import dev.fovea.core.image.PictureReader;
import dev.fovea.document.DocumentLimits;
import dev.fovea.document.DocumentReader;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import java.util.Objects;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.MessageAggregator;
import org.springframework.ai.chat.observation.ChatModelObservationContext;
import org.springframework.ai.chat.observation.ChatModelObservationDocumentation;
import org.springframework.ai.chat.observation.DefaultChatModelObservationConvention;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.scheduler.Schedulers;

/**
 * A vision-language model of this process as Spring AI's chat model, whole and streaming. Messages of the user may hold
 * pictures and PDF documents (bytes, resources or data URLs; addresses are not opened), whose pages are pictures too;
 * prompts that come at the same time are answered in one batch. {@link FoveaChatOptions} choose techniques, budget and
 * pages per prompt; what a prompt does not say is as the model's own options say, and else greedy with all visual tokens. Usage is {@link FoveaUsage}; the response's metadata hold the
 * {@code ledger}. Tools are not supported. Every call is an observation of Micrometer.
 *
 * <p>What is wrong with a prompt is an {@link IllegalArgumentException}, or the engine's own, of one sentence. Safe for use
 * by several threads.
 */
public final class FoveaChatModel implements ChatModel {
    private static final String PROVIDER = "fovea";
    private static final DefaultChatModelObservationConvention CONVENTION = new DefaultChatModelObservationConvention();

    private final SharedModel shared;
    private final FoveaChatOptions options;
    private final ObservationRegistry observations;
    private final PromptReader reader;

    /**
     * A chat model over a model that somebody else closes, after this.
     *
     * @param options of prompts that say nothing
     * @param observations told of every call
     * @param limits what a picture file may ask for
     * @param documents what a PDF document may ask for
     */
    public FoveaChatModel(
            SharedModel shared,
            FoveaChatOptions options,
            ObservationRegistry observations,
            PictureLimits limits,
            DocumentLimits documents) {
        this.shared = shared;
        this.options = options;
        this.observations = observations;
        this.reader = new PromptReader(
                shared,
                new MediaReader(
                        new PictureReader(limits), new DocumentReader(documents), shared.model()::pictureScale));
    }

    /** A chat model that nobody observes, with the usual limits. */
    public FoveaChatModel(SharedModel shared, FoveaChatOptions options) {
        this(shared, options, ObservationRegistry.NOOP, PictureLimits.DEFAULT, DocumentLimits.DEFAULT);
    }

    @Override
    public FoveaChatOptions getOptions() {
        return options;
    }

    @Override
    public ChatResponse call(Prompt prompt) {
        FoveaChatOptions chosen = options.overriddenBy(prompt.getOptions());
        ChatModelObservationContext context = context(prompt, chosen);
        ChatResponse response = observation(context).observe(() -> {
            PromptReader.Asked asked = reader.read(prompt, chosen);
            ChatResponse whole =
                    Responses.whole(shared.ask(asked.messages(), asked.images(), asked.options()), shared.name());
            context.setResponse(whole);
            return whole;
        });
        return Objects.requireNonNull(response);
    }

    @Override
    public Flux<ChatResponse> stream(Prompt prompt) {
        return Flux.deferContextual(view -> {
            FoveaChatOptions chosen = options.overriddenBy(prompt.getOptions());
            ChatModelObservationContext context = context(prompt, chosen);
            Observation observation = observation(context);
            Observation parent = view.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
            observation.parentObservation(parent).start();
            Flux<ChatResponse> pieces = Flux.<ChatResponse>create(sink -> answer(prompt, chosen, sink))
                    .subscribeOn(Schedulers.boundedElastic())
                    // The batch's own thread must not wait for whoever reads.
                    .publishOn(Schedulers.boundedElastic())
                    .doOnError(observation::error)
                    .doFinally(signal -> observation.stop())
                    .contextWrite(c -> c.put(ObservationThreadLocalAccessor.KEY, observation));
            return new MessageAggregator().aggregate(pieces, context::setResponse);
        });
    }

    private void answer(Prompt prompt, FoveaChatOptions chosen, FluxSink<ChatResponse> sink) {
        PromptReader.Asked asked = reader.read(prompt, chosen);
        ContinuousBatch.Ticket ticket =
                shared.submit(asked.messages(), asked.images(), asked.options().withListener(new GenerationListener() {
                    @Override
                    public void onText(String text) {
                        if (!text.isEmpty()) {
                            sink.next(Responses.piece(text));
                        }
                    }

                    @Override
                    public boolean cancelled() {
                        return sink.isCancelled();
                    }
                }));
        sink.onCancel(ticket::cancel);
        ticket.answer().whenComplete((done, failure) -> {
            if (failure == null) {
                sink.next(Responses.end(done, shared.name()));
                sink.complete();
            } else {
                sink.error(failure);
            }
        });
    }

    private static ChatModelObservationContext context(Prompt prompt, FoveaChatOptions chosen) {
        return ChatModelObservationContext.builder()
                .prompt(new Prompt(prompt.getInstructions(), chosen))
                .provider(PROVIDER)
                .build();
    }

    private Observation observation(ChatModelObservationContext context) {
        return ChatModelObservationDocumentation.CHAT_MODEL_OPERATION.observation(
                null, CONVENTION, () -> context, observations);
    }
}
