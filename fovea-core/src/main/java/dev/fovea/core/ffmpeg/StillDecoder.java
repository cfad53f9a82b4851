package dev.fovea.core.ffmpeg;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVPixFmtDescriptor;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/** FFmpeg's decoders of single coded pictures. */
public enum StillDecoder {
    AV1(avcodec.AV_CODEC_ID_AV1),
    HEVC(avcodec.AV_CODEC_ID_HEVC);

    private static final int FULL_RANGE = 2;

    static {
        avutil.av_log_set_level(avutil.AV_LOG_QUIET);
    }

    private final int codec;

    StillDecoder(int codec) {
        this.codec = codec;
    }

    /**
     * Decodes one picture.
     *
     * @param data its coded bytes
     * @param configuration what the file says to the decoder beforehand, or null
     * @param mostPixels larger ones are refused before there is room for them
     * @return the picture; the caller closes it
     * @throws IOException if the bytes do not decode without error
     */
    public DecodedFrame decode(byte[] data, byte @Nullable [] configuration, long mostPixels) throws IOException {
        AVFrame frame = avutil.av_frame_alloc();
        try {
            decode(data, configuration, mostPixels, frame);
            return new Frame(frame, layout(frame));
        } catch (IOException | RuntimeException | Error e) {
            avutil.av_frame_free(frame);
            throw e;
        }
    }

    private void decode(byte[] data, byte @Nullable [] configuration, long mostPixels, AVFrame frame)
            throws IOException {
        AVCodec found = avcodec.avcodec_find_decoder(codec);
        AVCodecContext decoder = avcodec.avcodec_alloc_context3(found);
        AVPacket packet = avcodec.av_packet_alloc();
        try {
            decoder.thread_count(1);
            decoder.max_pixels(mostPixels);
            decoder.err_recognition(avcodec.AV_EF_EXPLODE);
            if (configuration != null) {
                configure(decoder, configuration);
            }
            if (avcodec.av_new_packet(packet, data.length) < 0) {
                throw new OutOfMemoryError("no room for a packet");
            }
            packet.data().put(data);
            if (avcodec.avcodec_open2(decoder, found, (AVDictionary) null) < 0
                    || avcodec.avcodec_send_packet(decoder, packet) < 0
                    || avcodec.avcodec_send_packet(decoder, null) < 0
                    || avcodec.avcodec_receive_frame(decoder, frame) < 0
                    || frame.decode_error_flags() != 0) {
                throw new IOException("The picture's data do not decode");
            }
        } finally {
            avcodec.av_packet_free(packet);
            avcodec.avcodec_free_context(decoder);
        }
    }

    private static void configure(AVCodecContext decoder, byte[] configuration) {
        long size = configuration.length + (long) avcodec.AV_INPUT_BUFFER_PADDING_SIZE;
        BytePointer room = new BytePointer(avutil.av_mallocz(size));
        room.put(configuration);
        decoder.extradata(room);
        decoder.extradata_size(configuration.length);
    }

    private static DecodedFrame.Layout layout(AVFrame frame) {
        AVPixFmtDescriptor kind = avutil.av_pix_fmt_desc_get(frame.format());
        int components = kind.nb_components();
        int depth = kind.comp(0).depth();
        int steps = 0;
        int planes = Math.min(3, components);
        for (int i = 0; i < planes; i++) {
            steps += kind.comp(i).step();
        }
        boolean interleaved = components >= 3 && steps != planes * Math.ceilDiv(depth, 8);
        boolean bigEndian = (kind.flags() & avutil.AV_PIX_FMT_FLAG_BE) != 0;
        return new DecodedFrame.Layout(
                components,
                depth,
                kind.log2_chroma_w(),
                kind.log2_chroma_h(),
                (kind.flags() & avutil.AV_PIX_FMT_FLAG_RGB) != 0,
                !interleaved && !bigEndian,
                frame.colorspace(),
                frame.color_range() == FULL_RANGE);
    }

    private record Frame(AVFrame frame, Layout layout) implements DecodedFrame {
        @Override
        public int width() {
            return frame.width();
        }

        @Override
        public int height() {
            return frame.height();
        }

        @Override
        public void row(int plane, int row, short[] to, int from, int count) {
            boolean wide = layout.depth() > 8;
            byte[] bytes = new byte[wide ? 2 * count : count];
            frame.data(plane).position((long) row * frame.linesize(plane)).get(bytes);
            ByteBuffer shorts = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            for (int x = 0; x < count; x++) {
                to[from + x] = wide ? shorts.getShort(2 * x) : (short) (bytes[x] & 0xff);
            }
        }

        @Override
        public void close() {
            avutil.av_frame_free(frame);
        }
    }
}
