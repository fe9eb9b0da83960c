#!/bin/sh
# Color a film frame by frame with FFmpeg 9 or newer, built with --enable-libonnxruntime.
# sh color_with_ffmpeg.sh tintype-rgb.onnx gray.mp4 color.mp4        (`tintype film` is steadier)
set -e
filter="format=gbrpf32le,dnn_processing=dnn_backend=onnx:model=$1:input=rgb:output=colored"
ffmpeg -i "$2" -vf "$filter,format=yuv420p" -c:a copy "$3"
