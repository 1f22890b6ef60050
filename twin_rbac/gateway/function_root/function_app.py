"""The function app's one function: every call goes to the gateway, which judges the token itself."""

import os

import azure.functions as func

from twin_rbac.gateway.app import create_app

app = func.AsgiFunctionApp(app=create_app(os.environ), http_auth_level=func.AuthLevel.ANONYMOUS)
